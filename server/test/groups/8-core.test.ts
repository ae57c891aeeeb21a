import { together } from '../together.ts'

await together('8-core')
