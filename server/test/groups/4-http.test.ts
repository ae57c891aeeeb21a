import { together } from '../together.ts'

await together('4-http')
