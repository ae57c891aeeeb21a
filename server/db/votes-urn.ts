// Secret ballots: one sealed value per vote. Nothing in it or about it (key, date, order, length, age of a row) leads to a voter.
// A ballot is known by the hash of its receipt alone; the receipt is given to the voter once and kept nowhere.
import { createHash, randomBytes } from 'node:crypto'
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import type { Ballot } from '../core/tally/ballot.ts'

export interface SealedBallot {
  /** SHA-256 of the receipt, hexadecimal. */
  hash: string
  marks: Ballot
}

/** Letters and digits that are not taken for one another. */
const ALPHABET = 'ABCDEFGHJKMNPQRSTVWXYZ23456789'
const RECEIPT_LETTERS = 20
/** No mark is longer: what is sealed is as long whatever was voted. */
const MARK_WIDTH = 3

/** A new receipt, like `K7QF-2M4P-…`: about 98 bits that nobody can guess. */
export function newReceipt(): string {
  const letters: string[] = []
  while (letters.length < RECEIPT_LETTERS)
    for (const byte of randomBytes(RECEIPT_LETTERS)) {
      // Without the remainder every letter is as likely.
      if (byte < 240 && letters.length < RECEIPT_LETTERS) letters.push(ALPHABET[byte % ALPHABET.length]!)
    }
  return letters.join('').replace(/(.{4})(?=.)/g, '$1-')
}

/** The hash a receipt is published by: SHA-256 of its letters and digits in capitals. Anyone can compute it. */
export function hashReceipt(receipt: string): string {
  return createHash('sha256')
    .update(receipt.toUpperCase().replace(/[^A-Z0-9]/g, ''))
    .digest('hex')
}

/** Makes the urn of a new vote. */
export async function placeUrn(ctx: Ctx, trx: Knex, voteId: string): Promise<void> {
  await trx('vote_urns').insert({ vote_id: voteId, sealed: seal(ctx, []) })
}

/** The ballots of the urn, in the order of their hashes. */
export async function openUrn(ctx: Ctx, trx: Knex, voteId: string): Promise<SealedBallot[]> {
  const row = await trx('vote_urns').where({ vote_id: voteId }).first<{ sealed: Buffer } | undefined>('sealed')
  return row === undefined ? [] : unseal(ctx, row.sealed)
}

/** Puts a ballot in, after the one whose hash is given was taken out. False when that one is not there: nothing is changed then. */
export async function putIntoUrn(ctx: Ctx, trx: Knex, voteId: string, ballot: SealedBallot, instead: string | null): Promise<boolean> {
  const row = await trx('vote_urns').where({ vote_id: voteId }).forUpdate().first<{ sealed: Buffer }>('sealed')
  const before = unseal(ctx, row.sealed)
  const kept = before.filter(({ hash }) => hash !== instead)
  if (instead !== null && kept.length === before.length) return false
  await trx('vote_urns')
    .where({ vote_id: voteId })
    .update({ sealed: seal(ctx, [...kept, ballot]) })
  return true
}

/** The urn is destroyed when its ballots have been counted. */
export async function destroyUrn(trx: Knex, voteId: string): Promise<void> {
  await trx('vote_urns').where({ vote_id: voteId }).delete()
}

function seal(ctx: Ctx, ballots: SealedBallot[]): Buffer {
  const lines = ballots
    .map(({ hash, marks }) => `${hash} ${marks.map((mark) => String(mark ?? '-').padStart(MARK_WIDTH)).join(',')}`)
    .sort()
  return ctx.secrets.seal(lines.join('\n'))
}

function unseal(ctx: Ctx, sealed: Buffer): SealedBallot[] {
  const text = ctx.secrets.open(sealed)
  if (text === '') return []
  return text.split('\n').map((line) => {
    const [hash, ...rest] = line.split(' ')
    const marks = rest.join(' ').split(',')
    return { hash: hash!, marks: marks.map((mark) => (mark.trim() === '-' ? null : Number(mark))) }
  })
}
