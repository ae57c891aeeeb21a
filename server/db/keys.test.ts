import { generateKeyPairSync, sign, verify } from 'node:crypto'
import t from 'tap'
import { testContext } from '../test/context.ts'
import { findSigningKey, findVerifyKey, forgetSigningKeys, insertLocalKey, prepareKey, readPublicPem, signingKey } from './keys.ts'

t.test('a local key is sealed at rest, signs, and its public half verifies', async (t) => {
  const { ctx } = await testContext(t)
  const actorId = ctx.site!.instanceActorId
  t.equal(await findSigningKey(ctx, actorId), null)
  await t.rejects(signingKey(ctx, actorId), { code: 'keys.missing' })
  const prepared = await prepareKey()
  const keyIri = `${ctx.site!.origin}/ap/actor#main-key`
  t.equal(await insertLocalKey(ctx, ctx.db, actorId, keyIri, prepared), prepared.publicPem)
  const stored = (await ctx.db('actor_keys').where({ key_iri: keyIri }).first()) as { private_sealed: Buffer }
  t.notMatch(stored.private_sealed.toString('latin1'), 'PRIVATE KEY')
  const key = await signingKey(ctx, actorId)
  const found = await findVerifyKey(ctx, keyIri)
  t.ok(verify('sha256', Buffer.from('x'), found!.publicKey, sign('sha256', Buffer.from('x'), key.privateKey)))
  t.equal(await signingKey(ctx, actorId), key, 'opened once')
  forgetSigningKeys(ctx)
  t.not(await signingKey(ctx, actorId), key, 'and again after a rotation')
  await ctx.db('actor_keys').update({ retired_at: ctx.clock.now() })
  t.equal(await findVerifyKey(ctx, keyIri), null, 'a retired key verifies nothing')
})

t.test('only RSA and Ed25519 public keys are read', async (t) => {
  const pem = (pair: { publicKey: { export(options: { type: 'spki'; format: 'pem' }): string | Buffer } }): string =>
    pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  t.equal(readPublicPem(pem(generateKeyPairSync('ed25519')))?.asymmetricKeyType, 'ed25519')
  t.equal(readPublicPem(pem(generateKeyPairSync('rsa', { modulusLength: 2048 })))?.asymmetricKeyType, 'rsa')
  t.equal(readPublicPem(pem(generateKeyPairSync('rsa', { modulusLength: 512 }))), null, 'too short to mean anything')
  t.equal(readPublicPem(pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }))), null)
  t.equal(
    readPublicPem(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
    null,
    'a private key is not a public one'
  )
  for (const text of ['', 'not a key', `-----BEGIN PUBLIC KEY-----\n${'A'.repeat(5000)}\n-----END PUBLIC KEY-----`])
    t.equal(readPublicPem(text), null)
})
