// New accounts: made by an operator, or by sign-up under the policy of the commune.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { requireSite } from '../../db/site.ts'
import { insertPerson, preparePerson, type Person, type PersonInput } from '../../protocol/local-person.ts'

/**
 * Creates a person with an account, whatever the sign-up policy (operators, tests).
 * Throws username.*, email.*, password.* (422).
 */
export async function createAccount(ctx: Ctx, input: PersonInput): Promise<Person> {
  requireSite(ctx)
  const prepared = await preparePerson(input)
  return await ctx.db.transaction((trx) => insertPerson(ctx, trx, prepared))
}

/** Signs somebody up under the commune's policy: active at once, or pending. Throws signup.closed (403) and as createAccount. */
export async function signUp(ctx: Ctx, input: Omit<PersonInput, 'role' | 'status'>): Promise<Person> {
  const site = requireSite(ctx)
  if (site.registrations === 'closed') throw new AppError('signup.closed', 403, 'Sign-ups are closed.')
  const { username, email, password, name, reason, locale } = input
  const status = site.registrations === 'approval' ? 'pending' : 'active'
  return await createAccount(ctx, { username, email, password, name, reason, locale, role: 'member', status })
}
