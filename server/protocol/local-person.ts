// A person who logs in: the public actor and the private account, made together in the caller's transaction.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { normaliseEmail } from '../core/email.ts'
import { AppError } from '../core/errors.ts'
import { newId } from '../core/ids.ts'
import { hashPassword } from '../core/password.ts'
import type { AccountRole, AccountStatus } from '../core/roles.ts'
import { normaliseName, normaliseUsername } from '../core/username.ts'
import type { AccountRow, ActorRow } from '../db/rows.ts'
import { isUsernameTaken } from '../db/usernames.ts'
import { createLocalActor, prepareKeys, type PreparedKey } from './local-actors.ts'

export interface PersonInput {
  username: string
  email: string
  password: string
  name?: string
  /** Why the person wants to join; read by who approves. */
  reason?: string
  locale?: string
  role?: AccountRole
  status?: AccountStatus
  /** False: nobody proved the e-mail address yet. */
  confirmed?: boolean
}

export interface Person {
  account: AccountRow
  actor: ActorRow
}

/** What is ready before the transaction: slow work (argon2, RSA) never holds a connection. */
export interface PreparedPerson extends Required<Omit<PersonInput, 'password'>> {
  passwordHash: string
  keys: PreparedKey
}

/** Checks the input and does the slow work. `allowReserved` is for set-up. Throws username.*, email.*, password.*, account.name (422). */
export async function preparePerson(input: PersonInput, { allowReserved = false } = {}): Promise<PreparedPerson> {
  const username = normaliseUsername(input.username, allowReserved)
  const email = normaliseEmail(input.email)
  const name = normaliseName(input.name ?? '') || username
  const [passwordHash, keys] = await Promise.all([hashPassword(input.password), prepareKeys()])
  return {
    username,
    email,
    name,
    passwordHash,
    keys,
    reason: (input.reason ?? '').slice(0, 2000),
    locale: input.locale === 'en' ? 'en' : 'fr',
    role: input.role ?? 'member',
    status: input.status ?? 'active',
    confirmed: input.confirmed ?? true
  }
}

/** Writes the actor and the account. A pending person's actor is suspended: nobody sees it before approval. */
export async function insertPerson(ctx: Ctx, trx: Knex, prepared: PreparedPerson): Promise<Person> {
  const now = ctx.clock.now()
  if (await isUsernameTaken(trx, prepared.username)) throw usernameTaken()
  const known = await trx('accounts').whereRaw('lower(email) = ?', prepared.email).first('id')
  if (known !== undefined) throw emailTaken()
  try {
    const actor = await createLocalActor(ctx, trx, {
      type: 'Person',
      username: prepared.username,
      name: prepared.name,
      keys: prepared.keys
    })
    const suspendedAt = prepared.status === 'pending' ? now : null
    if (suspendedAt !== null) await trx('actors').where({ id: actor.id }).update({ suspended_at: suspendedAt })
    const account: AccountRow = {
      id: newId(now),
      actor_id: actor.id,
      email: prepared.email,
      password_hash: prepared.passwordHash,
      role: prepared.role,
      status: prepared.status,
      locale: prepared.locale,
      reason: prepared.reason,
      preferences: {},
      created_at: now,
      last_seen_at: null,
      notifications_read_id: '0',
      confirmed_at: prepared.confirmed ? now : null,
      approved_at: null,
      mailed_notice_id: '0',
      notices_mailed_at: null,
      digest_week: null
    }
    await trx('accounts').insert({ ...account, preferences: '{}' })
    return { account, actor: { ...actor, suspended_at: suspendedAt } }
  } catch (error) {
    throw asTaken(error)
  }
}

/** Two sign-ups at the same instant: the unique index decides, and the loser hears the ordinary sentence. */
function asTaken(error: unknown): unknown {
  const { code, constraint } = error as { code?: string; constraint?: string }
  if (code !== '23505') return error
  if (constraint === 'accounts_email') return emailTaken()
  return constraint === 'actors_local_username' ? usernameTaken() : error
}

function usernameTaken(): AppError {
  return new AppError('username.taken', 422, 'This username is already taken.', { details: { field: 'username' } })
}

function emailTaken(): AppError {
  return new AppError('email.taken', 422, 'An account already exists with this e-mail address.', { details: { field: 'email' } })
}
