// Addresses of accounts: one strict form, so that no address means two mailboxes (security.md W13).
import { domainToASCII } from 'node:url'
import { AppError } from './errors.ts'

/** The address as it is kept and compared: NFKC, lower case, ASCII domain. Throws email.invalid (422). */
export function normaliseEmail(text: string): string {
  const value = text.normalize('NFKC').trim().toLowerCase()
  const match = /^([a-z0-9.!#$&'*+/=?^_`{|}~-]{1,64})@([^@\s,;<>"%()[\]\\]{1,190})$/.exec(value)
  const domain = match === null ? '' : domainToASCII(match[2]!)
  if (match === null || value.length > 254 || !/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(domain) || /^\.|\.\.|\.$/.test(match[1]!)) {
    throw new AppError('email.invalid', 422, 'This e-mail address does not look right.', { details: { field: 'email' } })
  }
  return `${match[1]!}@${domain}`
}
