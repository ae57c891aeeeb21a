import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t from 'tap'
import { createSecretBox, readSecret, SECRET_FILE } from './secrets.ts'

t.test('what is sealed opens with the same secret only', async (t) => {
  const box = createSecretBox('a'.repeat(32))
  const sealed = box.seal('a private key, é')
  t.equal(box.open(sealed), 'a private key, é')
  t.throws(() => createSecretBox('b'.repeat(32)).open(sealed), { code: 'secrets.wrong-key' })
})

t.test('a sealed value that was changed, cut or never sealed does not open', async (t) => {
  const box = createSecretBox('a'.repeat(32))
  const sealed = box.seal('plain')
  for (let index = 1; index < sealed.length; index += 1) {
    const changed = Buffer.from(sealed)
    changed[index]! ^= 1
    t.throws(() => box.open(changed), { code: 'secrets.wrong-key' })
  }
  t.throws(() => box.open(sealed.subarray(0, 20)), { code: 'secrets.wrong-key' })
  t.throws(() => box.open(Buffer.alloc(0)), { code: 'secrets.wrong-key' })
})

t.test('the same text is never sealed twice the same way, but always hashed the same', async (t) => {
  const box = createSecretBox('a'.repeat(32))
  t.notSame(box.seal('x'), box.seal('x'))
  t.same(box.hash('x'), box.hash('x'))
  t.notSame(box.hash('x'), createSecretBox('b'.repeat(32)).hash('x'))
})

t.test('the key is made once, for the owner alone, and read again', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'communer-secret-'))
  t.teardown(() => rmSync(dataDir, { recursive: true }))
  const first = readSecret({ secretKey: null, dataDir })
  t.equal(readSecret({ secretKey: null, dataDir }), first)
  t.equal(statSync(join(dataDir, SECRET_FILE)).mode & 0o777, 0o600)
  t.equal(readSecret({ secretKey: 'from the environment', dataDir }), 'from the environment')
})

t.test('a data directory that cannot be made is said in a sentence', async (t) => {
  const file = join(mkdtempSync(join(tmpdir(), 'communer-secret-')), 'file')
  t.teardown(() => rmSync(dirname(file), { recursive: true }))
  writeFileSync(file, '')
  t.throws(() => readSecret({ secretKey: null, dataDir: join(file, 'data') }), { code: 'secrets.unreadable', message: /not writable/ })
})
