// Passkeys (WebAuthn level 3): registering, naming, removing, and logging in with one. A passkey is bound to our host and asks for the
// person's finger, face or PIN, so it is two factors in one gesture.
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON
} from '@simplewebauthn/server'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { newId } from '../../core/ids.ts'
import type { AccountRow, ActorRow, PasskeyRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { writeTo } from './mailing.ts'
import { dropUselessCodes, firstRecoveryCodes } from './second-factor.ts'
import { createTicket, takeTicket } from './tickets.ts'

const MAX_PASSKEYS = 20
const MAX_NAME = 60

/** All of them, newest first: startPasskey and addPasskey keep them few. */
export async function listPasskeys(ctx: Ctx, accountId: string): Promise<PasskeyRow[]> {
  return await ctx.db<PasskeyRow>('passkeys').where({ account_id: accountId }).orderBy('id', 'desc')
}

/** What the browser asks its keys, and the ticket to answer with. */
export async function startPasskey(ctx: Ctx, account: AccountRow, actor: ActorRow) {
  const known = await listPasskeys(ctx, account.id)
  if (known.length >= MAX_PASSKEYS) throw tooMany()
  const options = await generateRegistrationOptions({
    rpName: requireSite(ctx).name,
    rpID: hostname(ctx),
    // Not the username: it may change, and an authenticator shows it to whoever holds it.
    userID: Buffer.from(account.id),
    userName: actor.username,
    userDisplayName: actor.name,
    attestationType: 'none',
    excludeCredentials: known.map(({ credential_id: id, transports }) => ({ id, transports })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' }
  })
  return { ticket: await createTicket(ctx, { purpose: 'passkey-register', accountId: account.id, challenge: options.challenge }), options }
}

/** Keeps a new passkey. Returns recovery codes with the first factor, else null. Throws passkey.refused, passkey.too-many (422), ticket.expired (401). */
export async function addPasskey(
  ctx: Ctx,
  account: AccountRow,
  { ticket, name, response }: { ticket: string; name: string; response: unknown }
): Promise<string[] | null> {
  const { challenge, account_id: owner } = await takeTicket(ctx, ctx.db, ticket, 'passkey-register')
  if (owner !== account.id) throw refused(422)
  const { registrationInfo } = await verifyRegistrationResponse({
    response: response as RegistrationResponseJSON,
    expectedChallenge: challenge!,
    expectedOrigin: requireSite(ctx).origin,
    expectedRPID: hostname(ctx),
    requireUserVerification: true
  }).catch((cause: unknown) => {
    throw refused(422, cause)
  })
  if (registrationInfo === undefined) throw refused(422)
  const { credential } = registrationInfo
  return await ctx.db.transaction(async (trx) => {
    const now = ctx.clock.now()
    // Several may have been started at once: the last word is said with the account locked.
    await trx('accounts').where({ id: account.id }).forUpdate().first('id')
    const kept = await trx('passkeys').where({ account_id: account.id }).select('id')
    if (kept.length >= MAX_PASSKEYS) throw tooMany()
    const added = await trx('passkeys')
      .insert({
        id: newId(now),
        account_id: account.id,
        credential_id: credential.id,
        public_key: Buffer.from(credential.publicKey),
        counter: credential.counter,
        transports: credential.transports ?? [],
        name: nameOf(name),
        created_at: now
      })
      .onConflict('credential_id')
      .ignore()
      .returning('id')
    if (added.length === 0) throw refused(422)
    await writeTo(ctx, trx, account, { kind: 'second-factor-on' })
    return await firstRecoveryCodes(ctx, trx, account.id)
  })
}

/** Throws passkey.unknown (404). */
export async function renamePasskey(ctx: Ctx, accountId: string, id: string, name: string): Promise<void> {
  const changed = await ctx
    .db('passkeys')
    .where({ id, account_id: accountId })
    .update({ name: nameOf(name) })
  if (changed === 0) throw unknown()
}

/** Throws passkey.unknown (404). */
export async function removePasskey(ctx: Ctx, account: AccountRow, id: string): Promise<void> {
  await ctx.db.transaction(async (trx) => {
    const removed = await trx('passkeys').where({ id, account_id: account.id }).delete()
    if (removed === 0) throw unknown()
    await dropUselessCodes(trx, account.id)
    await writeTo(ctx, trx, account, { kind: 'second-factor-off' })
  })
}

/** The question for any passkey of this site: it names nobody, so it tells nothing. */
export async function startPasskeyLogin(ctx: Ctx) {
  const options = await generateAuthenticationOptions({ rpID: hostname(ctx), userVerification: 'required' })
  return { ticket: await createTicket(ctx, { purpose: 'passkey-login', accountId: null, challenge: options.challenge }), options }
}

/** The account whose passkey answered. Throws passkey.refused, ticket.expired (401). */
export async function checkPasskey(ctx: Ctx, { ticket, response }: { ticket: string; response: unknown }): Promise<AccountRow> {
  const { challenge } = await takeTicket(ctx, ctx.db, ticket, 'passkey-login')
  const answer = response as AuthenticationResponseJSON
  const passkey = await ctx
    .db<PasskeyRow>('passkeys')
    .where({ credential_id: String(answer.id) })
    .first()
  if (passkey === undefined) throw refused(401)
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response: answer,
    expectedChallenge: challenge!,
    expectedOrigin: requireSite(ctx).origin,
    expectedRPID: hostname(ctx),
    requireUserVerification: true,
    credential: {
      id: passkey.credential_id,
      publicKey: new Uint8Array(passkey.public_key),
      counter: Number(passkey.counter),
      transports: passkey.transports
    }
  }).catch((cause: unknown) => {
    throw refused(401, cause)
  })
  if (!verified) throw refused(401)
  await ctx.db('passkeys').where({ id: passkey.id }).update({ counter: authenticationInfo.newCounter, used_at: ctx.clock.now() })
  const account = await ctx.db<AccountRow>('accounts').where({ id: passkey.account_id }).first()
  if (account === undefined) throw refused(401)
  return account
}

function hostname(ctx: Ctx): string {
  return new URL(requireSite(ctx).origin).hostname
}

function nameOf(text: string): string {
  const name = text.normalize('NFC').replace(/\s+/g, ' ').trim().slice(0, MAX_NAME)
  if (name === '') throw new AppError('passkey.name', 422, 'Please give the passkey a name.', { details: { field: 'name' } })
  return name
}

function refused(status: 401 | 422, cause?: unknown): AppError {
  return new AppError('passkey.refused', status, 'This passkey was not accepted.', { cause })
}

function tooMany(): AppError {
  return new AppError('passkey.too-many', 422, 'That is enough passkeys: remove one first.')
}

function unknown(): AppError {
  return new AppError('passkey.unknown', 404, 'This passkey does not exist.')
}
