import { together } from '../together.ts'

await together('2-protocol')
