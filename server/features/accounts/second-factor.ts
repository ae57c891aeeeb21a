// The second factor: codes of an app (TOTP, RFC 6238), recovery codes, and what passkeys share with them. Secrets are sealed at rest.
import { randomInt } from 'node:crypto'
import type { Knex } from 'knex'
import { Secret, TOTP } from 'otpauth'
import { toDataURL } from 'qrcode'
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { logDecision } from '../../db/decisions.ts'
import type { AccountRow, TotpRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { writeTo } from './mailing.ts'

const PERIOD_SECONDS = 30
/** Clocks of phones: one code before and one after. */
const WINDOW = 1
const RECOVERY_CODES = 10
/** Without letters and digits that look alike on paper. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789'
const MAX_FAILURES = 10
const LOCK_MS = 15 * 60_000

export interface Factors {
  totp: boolean
  passkeys: number
  recoveryCodes: number
}

/** What the person has set up. */
export async function factorsOf(db: Knex, accountId: string): Promise<Factors> {
  const { rows } = await db.raw<{ rows: { totp: boolean; passkeys: string; codes: string }[] }>(
    `select exists (select from totp where account_id = :id and confirmed_at is not null) as totp,
            (select count(*) from passkeys where account_id = :id) as passkeys,
            (select count(*) from recovery_codes where account_id = :id) as codes`,
    { id: accountId }
  )
  const row = rows[0]!
  return { totp: row.totp, passkeys: Number(row.passkeys), recoveryCodes: Number(row.codes) }
}

/** Whether a person of this instance has any. */
export async function hasSecondFactor(ctx: Ctx, actorId: string): Promise<boolean> {
  const account = await ctx.db<AccountRow>('accounts').where({ actor_id: actorId }).first('id')
  if (account === undefined) return false
  const { totp, passkeys } = await factorsOf(ctx.db, account.id)
  return totp || passkeys > 0
}

/** A new secret for an app, as text and as a QR code (PNG, data: address). It asks for nothing before a code was given. Throws factor.exists (409). */
export async function startTotp(ctx: Ctx, account: AccountRow): Promise<{ secret: string; uri: string; qr: string }> {
  const secret = new Secret({ size: 20 })
  const sealed = ctx.secrets.seal(secret.base32)
  const started = await ctx
    .db('totp')
    .insert({ account_id: account.id, sealed })
    .onConflict('account_id')
    .merge({ sealed })
    .where('totp.confirmed_at', null)
    .returning('account_id')
  if (started.length === 0) throw new AppError('factor.exists', 409, 'Codes are on already. Turn them off first.')
  const uri = generatorOf(secret.base32, requireSite(ctx).name, account.email).toString()
  return { secret: secret.base32, uri, qr: await toDataURL(uri, { margin: 2, width: 240 }) }
}

/** The app works: from now on log-in asks for a code. Returns recovery codes when the person had none, else null. Throws code.wrong (422). */
export async function confirmTotp(ctx: Ctx, account: AccountRow, code: string): Promise<string[] | null> {
  return await ctx.db.transaction(async (trx) => {
    const row = await trx<TotpRow>('totp').where({ account_id: account.id }).whereNull('confirmed_at').forUpdate().first()
    const step = row === undefined ? null : stepOf(ctx, row, code)
    if (step === null) throw wrongCode(422)
    await trx('totp').where({ account_id: account.id }).update({ confirmed_at: ctx.clock.now(), last_step: step })
    await writeTo(ctx, trx, account, { kind: 'second-factor-on' })
    return await firstRecoveryCodes(ctx, trx, account.id)
  })
}

/** Turns codes off. */
export async function removeTotp(ctx: Ctx, account: AccountRow): Promise<void> {
  await ctx.db.transaction(async (trx) => {
    const removed = await trx('totp').where({ account_id: account.id }).delete()
    if (removed > 0) await writeTo(ctx, trx, account, { kind: 'second-factor-off' })
    await dropUselessCodes(trx, account.id)
  })
}

/**
 * Everything goes, for somebody who lost phone and keys: by an administrator who says why, or by the operator (null). It stands in the
 * log of decisions, and the person gets a mail. Throws account.unknown (404), decision.reason (422).
 */
export async function removeSecondFactors(ctx: Ctx, actorId: string, by: { moderatorId: string; reason: string } | null): Promise<void> {
  const reason = by?.reason.trim() ?? ''
  if (by !== null && reason === '')
    throw new AppError('decision.reason', 422, 'Please say why: the person has a right to know.', { details: { field: 'reason' } })
  await ctx.db.transaction(async (trx) => {
    const account = await trx<AccountRow>('accounts').where({ actor_id: actorId }).forUpdate().first()
    if (account === undefined) throw new AppError('account.unknown', 404, 'This account does not exist.')
    for (const table of ['totp', 'passkeys', 'recovery_codes', 'code_failures', 'login_tickets'])
      await trx(table).where({ account_id: account.id }).delete()
    await logDecision(ctx, trx, { moderatorId: by?.moderatorId ?? null, action: 'factors-removed', targetId: actorId, reason })
    await writeTo(ctx, trx, account, by === null ? { kind: 'second-factor-off' } : { kind: 'second-factor-removed', values: { reason } })
  })
}

/** New recovery codes; the old ones are void. */
export async function newRecoveryCodes(ctx: Ctx, trx: Knex, accountId: string): Promise<string[]> {
  const codes = Array.from({ length: RECOVERY_CODES }, () =>
    Array.from({ length: 10 }, () => ALPHABET[randomInt(ALPHABET.length)]!).join('')
  )
  await trx('recovery_codes').where({ account_id: accountId }).delete()
  await trx('recovery_codes').insert(codes.map((code) => ({ account_id: accountId, code_hash: hashOf(ctx, accountId, code) })))
  return codes.map((code) => `${code.slice(0, 5)}-${code.slice(5)}`)
}

/** Recovery codes with the first factor; null when there are some already. */
export async function firstRecoveryCodes(ctx: Ctx, trx: Knex, accountId: string): Promise<string[] | null> {
  const known = await trx('recovery_codes').where({ account_id: accountId }).first('account_id')
  return known === undefined ? await newRecoveryCodes(ctx, trx, accountId) : null
}

/** Recovery codes are of no use without a factor to recover. */
export async function dropUselessCodes(trx: Knex, accountId: string): Promise<void> {
  const { totp, passkeys } = await factorsOf(trx, accountId)
  if (!totp && passkeys === 0) await trx('recovery_codes').where({ account_id: accountId }).delete()
}

/**
 * Takes a code of the app or a recovery code, each once (W08). Wrong ones are counted outside any transaction: ten in a row lock for a
 * quarter of an hour. Throws code.wrong (401), code.locked (429).
 */
export async function checkCode(ctx: Ctx, accountId: string, code: string): Promise<void> {
  const now = ctx.clock.now()
  // Counted before it is looked at: a thousand guesses at the same instant are a thousand.
  const { rows } = await ctx.db.raw<{ rows: { failures: number }[] }>(
    `insert into code_failures (account_id, failures) values (:id, 1)
     on conflict (account_id) do update set
       failures = case when code_failures.locked_until <= :now then 1 else code_failures.failures + 1 end,
       locked_until = case when code_failures.locked_until > :now then code_failures.locked_until
                           when code_failures.locked_until is null and code_failures.failures + 1 >= :max then :until::timestamptz end
     where code_failures.locked_until is null or code_failures.locked_until <= :now
     returning failures`,
    { id: accountId, now, max: MAX_FAILURES, until: new Date(now.getTime() + LOCK_MS) }
  )
  if (rows.length === 0) {
    throw new AppError('code.locked', 429, 'Too many wrong codes. Please try again in a quarter of an hour.', {
      retryAfterSeconds: LOCK_MS / 1000
    })
  }
  const right = await ctx.db.transaction((trx) => takeCode(ctx, trx, accountId, code))
  if (!right) throw wrongCode(401)
  await ctx.db('code_failures').where({ account_id: accountId }).delete()
}

async function takeCode(ctx: Ctx, trx: Knex, accountId: string, text: string): Promise<boolean> {
  const code = text.replace(/[\s-]/g, '').toLowerCase()
  if (!/^\d{6}$/.test(code)) {
    return (
      (await trx('recovery_codes')
        .where({ account_id: accountId, code_hash: hashOf(ctx, accountId, code) })
        .delete()) > 0
    )
  }
  const row = await trx<TotpRow>('totp').where({ account_id: accountId }).whereNotNull('confirmed_at').forUpdate().first()
  const step = row === undefined ? null : stepOf(ctx, row, code)
  if (step === null) return false
  await trx('totp').where({ account_id: accountId }).update({ last_step: step })
  return true
}

/** The period a code belongs to, or null when it is wrong or was used. */
function stepOf(ctx: Ctx, row: TotpRow, code: string): number | null {
  const now = ctx.clock.now().getTime()
  const token = code.replace(/\s/g, '')
  const delta = generatorOf(ctx.secrets.open(row.sealed), '', '').validate({ token, window: WINDOW, timestamp: now })
  if (delta === null) return null
  const step = Math.floor(now / (PERIOD_SECONDS * 1000)) + delta
  return step > Number(row.last_step) ? step : null
}

function generatorOf(secret: string, issuer: string, label: string): TOTP {
  return new TOTP({ issuer, label, secret, algorithm: 'SHA1', digits: 6, period: PERIOD_SECONDS })
}

function hashOf(ctx: Ctx, accountId: string, code: string): Buffer {
  return ctx.secrets.hash(`recovery ${accountId} ${code}`)
}

function wrongCode(status: 401 | 422): AppError {
  return new AppError('code.wrong', status, 'This code is not the right one, or was used already.', { details: { field: 'code' } })
}
