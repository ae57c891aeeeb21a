import { together } from '../together.ts'

await together('6-db')
