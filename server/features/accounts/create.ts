// New accounts: made by an operator, or by sign-up under the policy of the commune.
import type { Ctx } from '../../context.ts'
import { AppError, isAppError } from '../../core/errors.ts'
import type { AccountRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import { insertPerson, preparePerson, type Person, type PersonInput, type PreparedPerson } from '../../protocol/local-person.ts'
import { sendConfirmation } from './confirm.ts'
import { writeTo } from './mailing.ts'

/**
 * Creates a person with an account, whatever the sign-up policy (operators, tests).
 * Throws username.*, email.*, password.* (422).
 */
export async function createAccount(ctx: Ctx, input: PersonInput): Promise<Person> {
  requireSite(ctx)
  const prepared = await preparePerson(input)
  return await ctx.db.transaction((trx) => insertPerson(ctx, trx, prepared))
}

export interface SignUp {
  status: 'active' | 'pending' | 'unconfirmed'
  /** Null when the address has an account already, which only its owner is told. */
  account: AccountRow | null
}

/**
 * Signs somebody up under the commune's policy: active at once where sign-up is open and no mail can be sent, else pending until the
 * address is confirmed, and approved where the commune approves. With mail, an address that has an account already gets the same answer
 * and its owner a mail (W06). Throws signup.closed (403) and as createAccount.
 */
export async function signUp(ctx: Ctx, input: Omit<PersonInput, 'role' | 'status' | 'confirmed'>): Promise<SignUp> {
  const site = requireSite(ctx)
  if (site.registrations === 'closed') throw new AppError('signup.closed', 403, 'Sign-ups are closed.')
  const { username, email, password, name, reason, locale } = input
  const hasMail = ctx.config.smtpUrl !== null
  const status = site.registrations === 'approval' || hasMail ? 'pending' : 'active'
  const prepared = await preparePerson({ username, email, password, name, reason, locale, role: 'member', status, confirmed: false })
  let account: AccountRow | null = null
  try {
    account = await ctx.db.transaction(async (trx) => {
      const person = await insertPerson(ctx, trx, prepared)
      await sendConfirmation(ctx, trx, person.account)
      return person.account
    })
  } catch (error) {
    if (!hasMail || !isAppError(error, 'email.taken')) throw error
    await tellOwner(ctx, prepared)
  }
  return { status: hasMail ? 'unconfirmed' : status, account }
}

/**
 * Somebody signed up with the address of an account: its owner forgot it, or is being looked for. The name is held and the password
 * remembered as for any sign-up that waits for its confirmation, so that nothing afterwards differs either.
 */
async function tellOwner(ctx: Ctx, { username, email, passwordHash }: PreparedPerson): Promise<void> {
  await ctx.db.transaction(async (trx) => {
    await trx('sign_up_decoys')
      .insert({ username, email, password_hash: passwordHash, created_at: ctx.clock.now() })
      .onConflict('username')
      .ignore()
    const account = await trx<AccountRow>('accounts').whereRaw('lower(email) = ?', email).first()
    if (account === undefined || account.status === 'disabled') return
    await writeTo(ctx, trx, account, { kind: 'known-address', link: `${requireSite(ctx).origin}/mot-de-passe` })
  })
}
