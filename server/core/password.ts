// Passwords: what is acceptable, and argon2id on the thread pool. Never logs, never keeps the clear text.
import { hash, verify } from '@node-rs/argon2'
import { AppError } from './errors.ts'

// OWASP's second profile for argon2id: 19 MiB, 2 passes; about 44 ms on the reference machine. Algorithm 2 is argon2id.
const OPTIONS = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

// A hash nobody's password makes: compared against when the account is unknown, so that both answers take as long (security.md W06).
let dummyHash: Promise<string> | undefined

/** The password in the one form that is hashed (NFC). Throws password.invalid (422). */
export function normalisePassword(password: string): string {
  const normal = password.normalize('NFC')
  const length = [...normal].length
  if (length < 8 || length > 256 || normal.includes('\0')) {
    throw new AppError('password.invalid', 422, 'A password has between 8 and 256 characters.', { details: { field: 'password' } })
  }
  return normal
}

/** Proves again that the person is there. Throws password.wrong (422), in the form's `field`. */
export async function assertPassword(account: { password_hash: string }, password: string, field = 'password'): Promise<void> {
  if (await verifyPassword(account.password_hash, password)) return
  throw new AppError('password.wrong', 422, 'The password is not the right one.', { details: { field } })
}

/** The argon2id hash (PHC string) of an acceptable password. Throws password.invalid (422). */
export async function hashPassword(password: string): Promise<string> {
  return await hash(normalisePassword(password), OPTIONS)
}

/** True when the password is the one behind the hash. With a null hash it does the same work and answers false. */
export async function verifyPassword(passwordHash: string | null, password: string): Promise<boolean> {
  dummyHash ??= hash('nobody has this password', OPTIONS)
  const right = await verify(passwordHash ?? (await dummyHash), password.slice(0, 1024).normalize('NFC'))
  return right && passwordHash !== null
}
