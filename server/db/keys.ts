// Public keys of everyone we verify, sealed private keys of our own. Private keys never leave in clear.
import type { KeyObject } from 'node:crypto'
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'

export interface SigningKey {
  keyIri: string
  privateKey: KeyObject
}

export interface PreparedKey {
  publicPem: string
  privatePem: string
}

export async function prepareKey(): Promise<PreparedKey> {
  throw new Error('soon')
}

export async function insertLocalKey(_ctx: Ctx, _trx: Knex, _actorId: string, _keyIri: string, _prepared?: PreparedKey): Promise<void> {
  throw new Error('soon')
}

export async function signingKey(_ctx: Ctx, _actorId: string): Promise<SigningKey> {
  throw new Error('soon')
}
