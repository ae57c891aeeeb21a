// Signs outgoing requests. Never decides who signs, never sends.
import type { KeyObject } from 'node:crypto'

export type SignatureScheme = 'cavage' | 'rfc9421'

export interface SignInput {
  method: string
  url: string
  body?: Buffer
  keyIri: string
  privateKey: KeyObject
  scheme: SignatureScheme
  date: Date
}

export async function signRequest(_input: SignInput): Promise<Record<string, string>> {
  throw new Error('soon')
}
