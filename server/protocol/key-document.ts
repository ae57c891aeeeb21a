// Fetches a key and proves whose it is: the key's document names an owner, and the owner's own document names the key (security.md S12–S14).
import type { Ctx } from '../context.ts'
import { AppError } from '../core/errors.ts'
import { hostOf, sameOrigin } from '../core/iri.ts'
import { findVerifyKey, type VerifyKey } from '../db/keys.ts'
import { keysOf } from './actor-document.ts'
import { storeFetchedActor } from './actors.ts'
import { fetchDocument, newBudget, type Budget } from './fetch.ts'
import { idOf, isMap, type Json } from './normalise-values.ts'

/** The sender waits for our answer, usually 10 s: the key must come within 5 s, and the profile with its WebFinger check within 8 s. */
const DEADLINE_MS = 5_000
const TOTAL_MS = 8_000
const MAX_FETCHES = 8

/** The key, stored with its actor. Throws fetch.*, document.*, or signature.key-invalid (401) when the claims do not meet. */
export async function fetchKey(ctx: Ctx, keyIri: string): Promise<VerifyKey> {
  const budget = newBudget(MAX_FETCHES, TOTAL_MS)
  const { json, iri } = await fetchDocument(ctx, keyIri, { budget, deadlineMs: DEADLINE_MS })
  if (!sameOrigin(iri, keyIri)) throw mismatch()
  const actorJson =
    isMap(json) && json.inbox !== undefined && namesKey(json, iri, keyIri) ? json : await fetchOwner(ctx, json, keyIri, budget)
  const row = await storeFetchedActor(ctx, actorJson, { budget })
  const key = await findVerifyKey(ctx, keyIri)
  if (key === null || key.actorId !== row.id || key.host !== hostOf(keyIri)) throw mismatch()
  return key
}

/** The owner named by a bare key document or by a stub (GoToSocial's /main-key), whose own document must name the same key. */
async function fetchOwner(ctx: Ctx, json: Json, keyIri: string, budget: Budget): Promise<Json> {
  const claim = [json, ...[json.publicKey].flat().filter(isMap)].find((key) => key.id === keyIri)
  const ownerIri = idOf(claim?.owner)
  if (claim === undefined || ownerIri === null || !sameOrigin(ownerIri, keyIri)) throw mismatch()
  const owner = await fetchDocument(ctx, ownerIri, { budget, deadlineMs: DEADLINE_MS })
  const named = keysOf(owner.json, owner.iri).find((key) => key.iri === keyIri)
  if (owner.iri !== ownerIri || named === undefined || named.pem.trim() !== String(claim.publicKeyPem).trim()) throw mismatch()
  return owner.json
}

function namesKey(json: Json, actorIri: string, keyIri: string): boolean {
  return keysOf(json, actorIri).some((key) => key.iri === keyIri)
}

function mismatch(): AppError {
  return new AppError('signature.key-invalid', 401, 'The key that signed this is not what its address says.')
}
