import { together } from '../together.ts'

await together('3-mastodon')
