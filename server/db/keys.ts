// Public keys of everyone we verify, sealed private keys of our own. A private key leaves this file only as a KeyObject.
import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { AppError } from '../core/errors.ts'
import { createLru, type Lru } from '../core/lru.ts'

export interface SigningKey {
  keyIri: string
  privateKey: KeyObject
}

export interface PreparedKey {
  publicPem: string
  privatePem: string
}

export interface VerifyKey {
  keyIri: string
  algorithm: 'rsa' | 'ed25519'
  publicKey: KeyObject
  publicPem: string
  actorId: string
  actorIri: string
  host: string
  local: boolean
  fetchedAt: Date
  suspended: boolean
}

/** Opened private keys kept in memory: more actors than ever publish within minutes. */
const MAX_SIGNING_KEYS = 2_000
/** A key changed by another process (rotation) is used after this. */
const SIGNING_FRESH_MS = 10_000

const makeKeyPair = promisify(generateKeyPair)
const caches = new WeakMap<Knex, Lru<string, SigningKey & { readAtMs: number }>>()

/** A new RSA-2048 pair, made on the thread pool: to be called before a transaction, not in it. */
export async function prepareKey(): Promise<PreparedKey> {
  const pair = await makeKeyPair('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' }
  })
  return { publicPem: pair.publicKey, privatePem: pair.privateKey }
}

/** Stores the key pair of a local actor, the private half sealed. Makes one when none is given. Gives the public PEM. */
export async function insertLocalKey(ctx: Ctx, trx: Knex, actorId: string, keyIri: string, prepared?: PreparedKey): Promise<string> {
  const key = prepared ?? (await prepareKey())
  await trx('actor_keys').insert({
    key_iri: keyIri,
    actor_id: actorId,
    algorithm: 'rsa',
    public_pem: key.publicPem,
    private_sealed: ctx.secrets.seal(key.privatePem),
    created_at: ctx.clock.now(),
    fetched_at: ctx.clock.now()
  })
  return key.publicPem
}

/**
 * Retires the keys of a local actor and stores a new one under a new id, `…#main-key-2`: whoever meets an unknown id asks for it, while
 * a known id with another key would have to be doubted first. Gives the new id.
 */
export async function replaceLocalKey(ctx: Ctx, trx: Knex, actor: { id: string; iri: string }, prepared: PreparedKey): Promise<string> {
  const now = ctx.clock.now()
  const used = await trx('actor_keys').where({ actor_id: actor.id }).forUpdate().pluck<string[]>('key_iri')
  const numbers = used.map((iri) => Number(/#main-key(?:-([0-9]+))?$/.exec(iri)?.[1] ?? 1))
  const keyIri = `${actor.iri}#main-key-${Math.max(1, ...numbers) + 1}`
  await trx('actor_keys').where({ actor_id: actor.id, retired_at: null }).update({ retired_at: now, private_sealed: null })
  await insertLocalKey(ctx, trx, actor.id, keyIri, prepared)
  return keyIri
}

/** The key a local actor signs with. Throws keys.missing (500). */
export async function signingKey(ctx: Ctx, actorId: string): Promise<SigningKey> {
  const key = await findSigningKey(ctx, actorId)
  if (key === null) throw new AppError('keys.missing', 500, 'This actor has no key to sign with.', { details: { actorId } })
  return key
}

/** The same, or null without one. */
export async function findSigningKey(ctx: Ctx, actorId: string): Promise<SigningKey | null> {
  const cache = caches.get(ctx.db) ?? createLru<string, SigningKey & { readAtMs: number }>(MAX_SIGNING_KEYS)
  caches.set(ctx.db, cache)
  const known = cache.get(actorId)
  if (known !== undefined && performance.now() - known.readAtMs < SIGNING_FRESH_MS) return known
  const row = await ctx
    .db('actor_keys')
    .where({ actor_id: actorId, retired_at: null })
    .whereNotNull('private_sealed')
    .orderBy('created_at', 'desc')
    .first<{ key_iri: string; private_sealed: Buffer } | undefined>('key_iri', 'private_sealed')
  if (row === undefined) return null
  // Opening a key costs more than looking whether it is still the same.
  if (known?.keyIri === row.key_iri) {
    known.readAtMs = performance.now()
    return known
  }
  const key = { keyIri: row.key_iri, privateKey: createPrivateKey(ctx.secrets.open(row.private_sealed)), readAtMs: performance.now() }
  cache.set(actorId, key)
  return key
}

/** Forgets opened keys of this process, after a rotation. */
export function forgetSigningKeys(ctx: Ctx): void {
  caches.delete(ctx.db)
}

/** The stored key with this IRI and its actor, or null. An unreadable PEM counts as absent. */
export async function findVerifyKey(ctx: Ctx, keyIri: string): Promise<VerifyKey | null> {
  const row = await ctx
    .db('actor_keys as k')
    .join('actors as a', 'a.id', 'k.actor_id')
    .where('k.key_iri', keyIri)
    .whereNull('k.retired_at')
    .first<StoredKey | undefined>(
      'k.key_iri',
      'k.algorithm',
      'k.public_pem',
      'k.fetched_at',
      'a.id',
      'a.iri',
      'a.host',
      'a.local',
      'a.suspended_at'
    )
  if (row === undefined) return null
  const publicKey = readPublicPem(row.public_pem)
  if (publicKey === null) return null
  return {
    keyIri: row.key_iri,
    algorithm: row.algorithm,
    publicKey,
    publicPem: row.public_pem,
    actorId: row.id,
    actorIri: row.iri,
    host: row.host,
    local: row.local,
    fetchedAt: row.fetched_at,
    suspended: row.suspended_at !== null
  }
}

/**
 * Makes the keys of a remote actor exactly these. A key IRI that belongs to another actor stays with it; local keys are never touched.
 */
export async function replaceRemoteKeys(ctx: Ctx, trx: Knex, actorId: string, keys: { iri: string; pem: string }[]): Promise<void> {
  const rows = keys.flatMap((key) => {
    const publicKey = readPublicPem(key.pem)
    return publicKey === null
      ? []
      : [{ key_iri: key.iri, actor_id: actorId, algorithm: algorithmOf(publicKey), public_pem: key.pem, fetched_at: ctx.clock.now() }]
  })
  await trx('actor_keys')
    .where({ actor_id: actorId, private_sealed: null })
    .whereNotIn(
      'key_iri',
      rows.map((row) => row.key_iri)
    )
    .delete()
  for (const row of rows) {
    await trx('actor_keys')
      .insert({ ...row, created_at: ctx.clock.now() })
      .onConflict('key_iri')
      .merge(['public_pem', 'algorithm', 'fetched_at'])
      .where({ 'actor_keys.actor_id': actorId, 'actor_keys.private_sealed': null })
  }
}

/** An RSA (≥ 1024 bits, ≤ 8192) or Ed25519 public key, or null. Old servers still have 1024-bit keys. */
export function readPublicPem(pem: string): KeyObject | null {
  if (pem.length > 4096 || pem.includes('PRIVATE')) return null
  try {
    const key = createPublicKey(pem)
    if (key.asymmetricKeyType === 'ed25519') return key
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
    return key.asymmetricKeyType === 'rsa' && bits >= 1024 && bits <= 8192 ? key : null
  } catch {
    return null
  }
}

function algorithmOf(key: KeyObject): 'rsa' | 'ed25519' {
  return key.asymmetricKeyType === 'ed25519' ? 'ed25519' : 'rsa'
}

interface StoredKey {
  key_iri: string
  algorithm: 'rsa' | 'ed25519'
  public_pem: string
  fetched_at: Date
  id: string
  iri: string
  host: string
  local: boolean
  suspended_at: Date | null
}
