// Leaving for good.
import t from 'tap'
import { hashPassword } from '../../core/password.ts'
import { saveFollow } from '../../db/links.ts'
import { testContext } from '../../test/context.ts'
import { citizen, localGroup, remotePerson } from '../../test/people.ts'
import { createNote } from '../wall/create-note.ts'
import { deleteAccount } from './leave.ts'

t.test('who leaves takes everything along, and followers’ servers hear of it', async (t) => {
  const { ctx } = await testContext(t)
  const { actor, account } = await citizen(ctx, 'alice', { password_hash: await hashPassword('mot de passe') })
  const bob = await remotePerson(ctx, 'bob@mastodon.example')
  await saveFollow(ctx, ctx.db, { iri: 'https://mastodon.example/f', follower: bob, followedId: actor.id, state: 'accepted' })
  const note = await createNote(ctx, actor, { text: 'Adieu' })
  await t.rejects(deleteAccount(ctx, account, actor, 'faux'), { code: 'password.wrong', status: 422 })
  await deleteAccount(ctx, account, actor, 'mot de passe')
  t.match(await ctx.db('objects').where({ id: note.id }).first(), { content: '', source: null, doc: { type: 'Tombstone' } })
  t.match(await ctx.db('actors').where({ id: actor.id }).first(), { name: '', doc: { type: 'Tombstone' } })
  t.match(await ctx.db('accounts').where({ id: account.id }).first(), { status: 'disabled', email: /@deleted\.invalid$/ })
  t.ok(await ctx.db('tombstones').where({ iri: note.iri }).first())
  const sent = await ctx
    .db('deliveries')
    .join('activities', 'activities.id', 'deliveries.activity_id')
    .where({ type: 'Delete' })
    .select('inbox', 'body')
  t.match(
    sent.map((row: { inbox: string }) => row.inbox),
    ['https://mastodon.example/inbox']
  )
  const left = ctx.db('deliveries').join('activities', 'activities.id', 'deliveries.activity_id').where({ 'deliveries.state': 'waiting' })
  t.same(await left.pluck('type'), ['Delete'], 'W26: nothing else leaves any more')
  t.match(JSON.parse(sent[0].body), { type: 'Delete', actor: actor.iri, object: actor.iri })
})

t.test('the last administrator and the last owner of a group stay', async (t) => {
  const { ctx } = await testContext(t)
  const password_hash = await hashPassword('mot de passe')
  const admin = await citizen(ctx, 'maire', { role: 'admin', password_hash })
  await t.rejects(deleteAccount(ctx, admin.account, admin.actor, 'mot de passe'), { code: 'account.last-admin' })
  const alice = await citizen(ctx, 'alice', { password_hash })
  await localGroup(ctx, 'jardin', alice.actor)
  await t.rejects(deleteAccount(ctx, alice.account, alice.actor, 'mot de passe'), { code: 'group.last-owner' })
})
