import { together } from '../together.ts'

await together('1-communer')
