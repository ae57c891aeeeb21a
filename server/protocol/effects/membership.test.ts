// Belonging to groups across servers (federation.md §4.10): who may ask, who answers, and that only those concerned decide.
import t from 'tap'
import { approveMember, joinElsewhere, leaveElsewhere, removeMember } from '../../features/groups/members.ts'
import type { ActorRow } from '../../db/rows.ts'
import type { Ctx } from '../../context.ts'
import { activity, receive } from '../../test/arrivals.ts'
import { testContext } from '../../test/context.ts'
import { localGroup, localPerson, remotePerson } from '../../test/people.ts'

type Json = Record<string, unknown>

async function scene(t: Parameters<typeof testContext>[0]) {
  const { ctx } = await testContext(t)
  const alice = await localPerson(ctx, 'alice')
  const jardin = await localGroup(ctx, 'jardin', alice)
  const dora = await remotePerson(ctx, 'dora@peer.example')
  const eve = await remotePerson(ctx, 'eve@evil.example')
  return { ctx, alice, jardin, dora, eve, who: { role: 'member', actorId: alice.id } as const }
}

/** What left, with its inboxes. Forgets it. */
async function sent(ctx: Ctx): Promise<[json: Json, inbox: string][]> {
  const rows: { body: string; inbox: string }[] = await ctx
    .db('activities')
    .join('deliveries', 'deliveries.activity_id', 'activities.id')
    .orderBy('activities.id')
    .select('body', 'inbox')
  await ctx.db('deliveries').delete()
  return rows.map(({ body, inbox }) => [JSON.parse(body) as Json, inbox])
}

const members = (ctx: Ctx, group: ActorRow) =>
  ctx.db('memberships').where({ group_id: group.id, role: 'member' }).select('actor_id', 'state', 'iri')

t.test('somebody elsewhere joins an open group and leaves it; the group answers with their Join, to their own inbox', async (t) => {
  const { ctx, jardin, dora, eve } = await scene(t)
  const join = activity('Join', dora, jardin.iri, { to: [jardin.iri] })
  t.equal(await receive(ctx, join), 'joined')
  t.match(await members(ctx, jardin), [{ actor_id: dora.id, state: 'active', iri: join['id'] }])
  t.same(await ctx.db('follows').where({ follower_id: dora.id }), [], 'following is their own word')
  const [[answer, inbox] = [{}, '']] = await sent(ctx)
  t.match(answer, { type: 'Accept', actor: jardin.iri, object: { id: join['id'], type: 'Join', actor: dora.iri, object: jardin.iri } })
  t.equal(inbox, dora.inbox)
  t.equal(await receive(ctx, activity('Leave', eve, jardin.iri)), 'unchanged')
  t.equal(await receive(ctx, activity('Leave', dora, jardin.iri)), 'left')
  t.same(await members(ctx, jardin), [])
})

t.test('a moderated group asks first, one by invitation refuses, and whom it banned hears nothing', async (t) => {
  const { ctx, alice, jardin, dora, eve, who } = await scene(t)
  await ctx.db('group_bans').insert({ group_id: jardin.id, actor_id: eve.id })
  t.equal(await receive(ctx, activity('Join', eve, jardin.iri)), 'refused-banned')
  await ctx.db('groups').where({ actor_id: jardin.id }).update({ openness: 'invite_only' })
  t.equal(await receive(ctx, activity('Join', dora, jardin.iri)), 'join-refused')
  t.same(
    (await sent(ctx)).map(([json]) => json['type']),
    ['Reject']
  )
  t.same(await members(ctx, jardin), [])
  await ctx.db('groups').where({ actor_id: jardin.id }).update({ openness: 'moderated' })
  const join = activity('Join', dora, jardin.iri)
  t.equal(await receive(ctx, join), 'join-requested')
  t.same(await sent(ctx), [], 'nobody answered yet')
  await t.rejects(approveMember(ctx, { role: 'member', actorId: dora.id }, jardin.id, dora.id), { code: 'permission.denied' })
  await approveMember(ctx, who, jardin.id, dora.id)
  t.match(await sent(ctx), [[{ type: 'Accept', object: { id: join['id'] } }, dora.inbox]])
  await removeMember(ctx, who, jardin.id, dora.id)
  t.match(await sent(ctx), [
    [{ type: 'Remove', actor: alice.iri, object: join['id'], origin: jardin.iri, target: `${jardin.iri}/members` }, dora.inbox]
  ])
  t.same(await members(ctx, jardin), [])
})

t.test('one of ours joins a group elsewhere: only that group, or its server, accepts, refuses and removes', async (t) => {
  const { ctx, alice, eve } = await scene(t)
  const velo = await remotePerson(ctx, 'velo@peer.example', { type: 'Group' })
  const { iri } = await joinElsewhere(ctx, alice, velo)
  t.match(await sent(ctx), [[{ type: 'Join', id: iri, object: velo.iri, to: [velo.iri] }, velo.inbox]])
  await joinElsewhere(ctx, alice, velo)
  t.same(await sent(ctx), [], 'asking again sends nothing')
  const join = { id: iri, type: 'Join', actor: alice.iri, object: velo.iri }
  t.equal(await receive(ctx, activity('Accept', eve, join)), 'refused-owner')
  t.match(await members(ctx, velo), [{ state: 'pending' }])
  t.equal(await receive(ctx, activity('Accept', velo, join)), 'join-accepted')
  t.match(await members(ctx, velo), [{ state: 'active' }])
  const remove = (by: ActorRow) => activity('Remove', by, iri, { target: `${velo.iri}/members`, origin: velo.iri })
  t.equal(await receive(ctx, remove(eve)), 'refused-owner')
  t.equal((await members(ctx, velo)).length, 1)
  t.equal(await receive(ctx, remove(velo)), 'moderated')
  t.same(await members(ctx, velo), [])
  await joinElsewhere(ctx, alice, velo)
  await sent(ctx)
  await leaveElsewhere(ctx, alice, velo)
  t.match(await sent(ctx), [[{ type: 'Leave', object: velo.iri }, velo.inbox]])
})
