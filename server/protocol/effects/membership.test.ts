// Belonging to groups across servers (federation.md §4.10): who may ask, who answers, and that only those concerned decide.
import t from 'tap'
import { declineGroupInvitation, inviteToGroup, withdrawInvitation } from '../../features/groups/invite.ts'
import { approveMember, joinElsewhere, leaveElsewhere, removeMember } from '../../features/groups/members.ts'
import type { ActorRow } from '../../db/rows.ts'
import type { Ctx } from '../../context.ts'
import { createLocalObject } from '../local-objects.ts'
import { activity, PUBLIC, receive } from '../../test/arrivals.ts'
import { documented } from '../../test/documented.ts'
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
    .orderBy(['activities.id', 'inbox'])
    .select('body', 'inbox')
  await ctx.db('deliveries').delete()
  return rows.map(({ body, inbox }) => [documented(JSON.parse(body) as Json), inbox])
}

/** A group of another server that has members, as Mobilizon's. */
function groupElsewhere(ctx: Ctx): Promise<ActorRow> {
  return remotePerson(ctx, 'velo@peer.example', { type: 'Group', doc: { members: 'https://peer.example/velo/members' } })
}

const notices = (ctx: Ctx, owner: ActorRow) => ctx.db('notifications').where({ owner_id: owner.id }).orderBy('id').select('type', 'from_id')

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

t.test('Communecter joins with itself as object and the group as target, and leaves by a Leave or a Delete of that shape', async (t) => {
  const { ctx, jardin, dora, eve } = await scene(t)
  for (const leaving of ['Leave', 'Delete']) {
    const join = activity('Join', dora, dora.iri, { target: jardin.iri, instrument: { as: 'adminandrole', rules: 'Directeur' } })
    t.equal(await receive(ctx, join), 'joined')
    t.match(await members(ctx, jardin), [{ actor_id: dora.id, state: 'active' }], 'a member and no more, whatever the instrument says')
    t.match(await sent(ctx), [[{ type: 'Accept', object: { id: join['id'], object: jardin.iri } }, dora.inbox]])
    t.equal(await receive(ctx, activity('Join', eve, dora.iri, { target: jardin.iri })), 'unknown-object', 'nobody joins for somebody else')
    t.equal(
      await receive(ctx, activity(leaving, eve, dora.iri, { target: jardin.iri })),
      leaving === 'Leave' ? 'unknown-object' : 'refused-owner'
    )
    t.equal((await members(ctx, jardin)).length, 1)
    t.equal(await receive(ctx, activity(leaving, dora, dora.iri, { target: jardin.iri })), 'left', leaving)
    t.same(await members(ctx, jardin), [])
  }
  t.equal((await ctx.db('actors').where({ id: dora.id }).first('deleted_at')).deleted_at, null)
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
  const velo = await groupElsewhere(ctx)
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

t.test('Undo of a Join says what Leave says, by the person who joined alone; an owner stays', async (t) => {
  const { ctx, jardin, dora, eve } = await scene(t)
  const join = activity('Join', dora, jardin.iri)
  await receive(ctx, join)
  t.equal(await receive(ctx, activity('Undo', eve, join['id'])), 'refused-owner')
  t.equal((await members(ctx, jardin)).length, 1)
  t.equal(await receive(ctx, activity('Undo', dora, join['id'])), 'undone')
  t.same(await members(ctx, jardin), [])
  await receive(ctx, activity('Join', dora, jardin.iri))
  // Under an id we never saw.
  t.equal(await receive(ctx, activity('Undo', dora, { id: `${dora.iri}#x`, type: 'Join', actor: dora.iri, object: jardin.iri })), 'undone')
  t.same(await members(ctx, jardin), [])
  const early = activity('Join', eve, jardin.iri)
  t.equal(await receive(ctx, activity('Undo', eve, early)), 'remembered')
  t.equal(await receive(ctx, early), 'undone-early')
  const again = activity('Join', dora, jardin.iri)
  await receive(ctx, again)
  await ctx.db('memberships').where({ actor_id: dora.id }).update({ role: 'owner' })
  t.equal(await receive(ctx, activity('Undo', dora, again)), 'unchanged')
})

t.test('a refusal stays to be read, and one may ask again', async (t) => {
  const { ctx, alice } = await scene(t)
  const velo = await groupElsewhere(ctx)
  const { iri } = await joinElsewhere(ctx, alice, velo)
  t.equal(await receive(ctx, activity('Reject', velo, { id: iri, type: 'Join' })), 'join-rejected')
  t.match(await members(ctx, velo), [{ state: 'refused' }])
  t.same(await notices(ctx, alice), [{ type: 'group_refused', from_id: velo.id }])
  await leaveElsewhere(ctx, alice, velo)
  const again = await joinElsewhere(ctx, alice, velo)
  t.not(again.iri, iri)
  t.equal(await receive(ctx, activity('Accept', velo, { id: again.iri, type: 'Join' })), 'join-accepted')
  t.same(await notices(ctx, alice), [{ type: 'group_accepted', from_id: velo.id }])
  const lemmy = await remotePerson(ctx, 'cuisine@lemmy.example', { type: 'Group' })
  await t.rejects(joinElsewhere(ctx, alice, lemmy), { code: 'group.no-members' }, 'Lemmy has followers only')
})

t.test('[66] our group invites somebody elsewhere: only they accept or refuse, and the invitation opens a closed group', async (t) => {
  const { ctx, alice, jardin, dora, eve, who } = await scene(t)
  await ctx.db('groups').where({ actor_id: jardin.id }).update({ openness: 'invite_only' })
  await t.rejects(inviteToGroup(ctx, { role: 'member', actorId: dora.id }, alice, jardin, eve), { code: 'permission.denied' })
  await inviteToGroup(ctx, who, alice, jardin, dora)
  await inviteToGroup(ctx, who, alice, jardin, dora)
  const out = await sent(ctx)
  t.match(out, [
    [
      {
        type: 'Invite',
        actor: alice.iri,
        attributedTo: jardin.iri,
        object: jardin.iri,
        target: dora.iri,
        to: [dora.iri],
        cc: [jardin.iri]
      },
      dora.inbox
    ]
  ])
  t.equal(out.length, 1, 'twice is once')
  const invite = out[0]![0]
  t.equal(await receive(ctx, activity('Accept', eve, invite['id'])), 'refused-owner')
  t.same(await members(ctx, jardin), [])
  t.equal(await receive(ctx, activity('Reject', dora, invite['id'])), 'invite-declined')
  t.equal(await receive(ctx, activity('Accept', dora, invite['id'])), 'unchanged', 'no is no')
  await ctx.db('group_invitations').update({ answered_at: new Date('2020-01-01') })
  await inviteToGroup(ctx, who, alice, jardin, dora)
  const second = (await sent(ctx))[0]![0]
  t.equal(await receive(ctx, activity('Accept', dora, { type: 'Invite', actor: alice.iri, object: jardin.iri })), 'joined')
  t.match(await members(ctx, jardin), [{ actor_id: dora.id, state: 'active', iri: second['id'] }])
  await t.rejects(inviteToGroup(ctx, who, alice, jardin, dora), { code: 'group.already-member' })
  await inviteToGroup(ctx, who, alice, jardin, eve)
  await withdrawInvitation(ctx, who, jardin, eve.id)
  const letters = await sent(ctx)
  t.match(letters, [[{ type: 'Invite' }], [{ type: 'Undo', actor: alice.iri, object: { type: 'Invite', target: eve.iri } }, eve.inbox]])
  t.equal(await receive(ctx, activity('Accept', eve, letters[0]![0]['id'])), 'unknown-follow')
  t.equal(await receive(ctx, activity('Join', eve, jardin.iri)), 'join-refused')
})

t.test(
  '[66] one of ours is invited to a group elsewhere: by its moderators, once; answers go to who invited and to the group',
  async (t) => {
    const { ctx, alice, jardin, dora, eve } = await scene(t)
    const velo = await groupElsewhere(ctx)
    const invite = (by: ActorRow) => activity('Invite', by, velo.iri, { attributedTo: velo.iri, target: alice.iri, to: [alice.iri] })
    t.equal(await receive(ctx, invite(eve)), 'refused-owner')
    t.equal(await receive(ctx, activity('Invite', dora, jardin.iri, { target: alice.iri })), 'refused-owner', 'into ours neither')
    const first = invite(dora)
    t.equal(await receive(ctx, first), 'invited')
    t.same(await notices(ctx, alice), [{ type: 'group_invite', from_id: velo.id }])
    t.equal(await receive(ctx, activity('Undo', eve, first)), 'refused-owner')
    t.equal(await receive(ctx, activity('Undo', dora, first)), 'undone')
    t.same(await notices(ctx, alice), [])
    await t.rejects(declineGroupInvitation(ctx, alice, velo), { code: 'group.not-invited' })
    await receive(ctx, invite(dora))
    await declineGroupInvitation(ctx, alice, velo)
    t.match(await sent(ctx), [
      [{ type: 'Reject', actor: alice.iri, object: { type: 'Invite', actor: dora.iri, object: velo.iri, target: alice.iri } }, dora.inbox],
      [{ type: 'Reject' }, velo.inbox]
    ])
    await ctx.db('group_invitations').update({ answered_at: new Date('2020-01-01') })
    const last = invite(dora)
    t.equal(await receive(ctx, last), 'invited')
    t.equal((await joinElsewhere(ctx, alice, velo)).state, 'active')
    t.match(await sent(ctx), [
      [{ type: 'Accept', object: { id: last['id'] } }, dora.inbox],
      [{ type: 'Accept' }, velo.inbox]
    ])
    t.equal(await receive(ctx, invite(dora)), 'unchanged', 'a member already')
    // By the invitation's id, as Mobilizon names members.
    t.equal(await receive(ctx, activity('Remove', dora, last['id'], { target: `${velo.iri}/members`, origin: velo.iri })), 'moderated')
    t.same(await members(ctx, velo), [])
    await ctx.db('blocks').insert({ id: 1, iri: 'https://commune.test/b', blocker_id: alice.id, blocked_id: dora.id })
    t.equal(await receive(ctx, invite(dora)), 'refused-blocked')
  }
)

t.test('O30: a member elsewhere rewrites neither what our group published nor the group', async (t) => {
  const { ctx, alice, jardin, dora } = await scene(t)
  await receive(ctx, activity('Join', dora, jardin.iri))
  const page = await ctx.db.transaction((trx) =>
    createLocalObject(ctx, trx, {
      type: 'Page',
      publisher: jardin,
      author: alice,
      visibility: 'public',
      parent: null,
      mentions: [],
      hashtags: [],
      wording: {
        name: 'Compost',
        summary: null,
        content: '<p>Mode d’emploi</p>',
        source: null,
        language: 'fr',
        sensitive: false,
        attachments: []
      }
    })
  )
  const before = await ctx.db('objects').where({ id: page.id }).first()
  const forged = { ...page.doc, content: '<p>Pris</p>', attributedTo: jardin.iri, updated: '2099-01-01T00:00:00Z', to: [PUBLIC] }
  t.equal(await receive(ctx, activity('Update', dora, forged)), 'refused-owner')
  t.equal(await receive(ctx, activity('Update', dora, { ...forged, attributedTo: dora.iri })), 'refused-owner')
  t.equal(await receive(ctx, activity('Update', dora, { ...jardin.doc, name: 'Pris' })), 'refused-owner')
  t.same(await ctx.db('objects').where({ id: page.id }).first(), before)
  t.equal((await ctx.db('actors').where({ id: jardin.id }).first()).name, jardin.name)
})
