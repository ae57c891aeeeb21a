// The instance's own key: seals private keys at rest and hashes bearer secrets. Losing it means losing every signature key.
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import type { SecretBox } from '../context.ts'
import { AppError } from '../core/errors.ts'

/** File in DATA_DIR that holds the key when the environment has none. */
export const SECRET_FILE = 'secret.key'

const IV_BYTES = 12
const TAG_BYTES = 16
/** First byte of every sealed value, so that the way of sealing can change later. */
const FORMAT = 1

/** SECRET_KEY, else the content of DATA_DIR/secret.key, made on the first run. Throws secrets.unreadable. */
export function readSecret(config: Pick<Config, 'secretKey' | 'dataDir'>): string {
  if (config.secretKey !== null) return config.secretKey
  const file = join(config.dataDir, SECRET_FILE)
  try {
    if (!existsSync(file)) makeSecret(config.dataDir, file)
    return readFileSync(file, 'utf8').trim()
  } catch (cause) {
    throw new AppError(
      'secrets.unreadable',
      500,
      `The data directory ${config.dataDir} is not writable, or ${file} cannot be read. Give it to the user that runs Communer, or set DATA_DIR to another directory.`,
      { cause }
    )
  }
}

/** Two processes may start at once: link() lets exactly one key win. */
function makeSecret(dataDir: string, file: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o711 })
  const fresh = `${file}.${randomBytes(6).toString('hex')}`
  writeFileSync(fresh, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 })
  try {
    linkSync(fresh, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(fresh, { force: true })
  }
}

/** A box on the secret: AES-256-GCM for sealing, HMAC-SHA-256 for hashing, each with a key of its own (HKDF). `open` throws secrets.wrong-key. */
export function createSecretBox(secret: string): SecretBox {
  const derive = (purpose: string): Buffer => Buffer.from(hkdfSync('sha256', secret, 'communer', purpose, 32))
  const sealKey = derive('seal')
  const hashKey = derive('hash')
  return {
    seal(plain) {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', sealKey, iv)
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
      return Buffer.concat([Buffer.from([FORMAT]), iv, cipher.getAuthTag(), body])
    },
    open(sealed) {
      try {
        const iv = sealed.subarray(1, 1 + IV_BYTES)
        const decipher = createDecipheriv('aes-256-gcm', sealKey, iv, { authTagLength: TAG_BYTES })
        decipher.setAuthTag(sealed.subarray(1 + IV_BYTES, 1 + IV_BYTES + TAG_BYTES))
        return decipher.update(sealed.subarray(1 + IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
      } catch (cause) {
        throw new AppError(
          'secrets.wrong-key',
          500,
          'A sealed secret cannot be opened: SECRET_KEY (or secret.key in the data directory) is not the one this database was made with.',
          { cause }
        )
      }
    },
    hash: (value) => createHmac('sha256', hashKey).update(value).digest()
  }
}
