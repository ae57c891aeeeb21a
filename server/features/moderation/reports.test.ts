// Reports and what moderators do about them.
import t from 'tap'
import type { Ctx } from '../../context.ts'
import { newId } from '../../core/ids.ts'
import type { Who } from '../../core/permission.ts'
import { publicTimeline } from '../../db/timelines.ts'
import { publish } from '../../protocol/outbox.ts'
import { activity, create, localFollow, note, receive } from '../../test/arrivals.ts'
import { testContext } from '../../test/context.ts'
import { citizen, remotePerson } from '../../test/people.ts'
import { decideAccount, decideReport } from './decide.ts'
import { createReport, findReported, listReports, reportedContent } from './reports.ts'
import type { ActorRow, ObjectRow } from '../../db/rows.ts'

type Tap = Parameters<typeof testContext>[0]
const PAGE = { maxId: null, sinceId: null, minId: null, limit: 20 }

async function scene(t: Tap) {
  const context = await testContext(t, { startAt: new Date('2026-11-22T12:00:00Z') })
  const { ctx } = context
  const people = {
    alice: await citizen(ctx, 'alice'),
    zoe: await citizen(ctx, 'zoe'),
    mod: await citizen(ctx, 'mod', { role: 'moderator' }),
    mod2: await citizen(ctx, 'mod2', { role: 'moderator' }),
    maire: await citizen(ctx, 'maire', { role: 'admin' })
  }
  const bob = await remotePerson(ctx, 'bob@mastodon.example')
  const who = (name: keyof typeof people): Who => ({ role: people[name].account.role, actorId: people[name].actor.id })
  return { ...context, ...people, bob, who }
}

async function localNote(ctx: Ctx, actor: ActorRow, text: string): Promise<ObjectRow> {
  const iri = `https://commune.test/ap/objects/${newId(ctx.clock.now())}`
  const [row] = await ctx
    .db<ObjectRow>('objects')
    .insert({
      id: newId(ctx.clock.now()),
      iri,
      type: 'Note',
      local: true,
      actor_id: actor.id,
      visibility: 'public',
      content_html: `<p>${text}</p>`,
      published: ctx.clock.now(),
      doc: JSON.stringify({ id: iri, type: 'Note' }) as never
    } as never)
    .returning('*')
  return row!
}

const flags = async (ctx: Ctx): Promise<Record<string, unknown>[]> =>
  (await ctx.db('activities').where({ type: 'Flag' }).pluck('body')).map((body: string) => JSON.parse(body) as Record<string, unknown>)

t.test('O23: a forwarded report speaks in the instance’s name and says nothing of who reports', async (t) => {
  const { ctx, alice, zoe, bob } = await scene(t)
  const theirs = note(bob)
  await localFollow(ctx, alice.actor, bob)
  await receive(ctx, create(bob, theirs))
  const { target, objectIds } = await findReported(
    ctx,
    { statusId: (await ctx.db('objects').where({ iri: theirs.id }).first('id')).id },
    alice.actor.id
  )
  const input = { target, objectIds, comment: 'Publicité', category: 'spam' as const }
  await createReport(ctx, alice.actor, input)
  t.same(await flags(ctx), [], 'nothing leaves unless asked')
  await createReport(ctx, alice.actor, { ...input, forward: true })
  const [flag, ...others] = await flags(ctx)
  t.same(others, [])
  t.match(flag, { actor: 'https://commune.test/ap/actor', object: [bob.iri, theirs.id], content: 'Publicité', summary: 'Publicité' })
  for (const secret of [alice.actor.iri, 'alice', alice.account.email]) t.notMatch(JSON.stringify(flag), secret)
  t.same(await ctx.db('deliveries').pluck('inbox'), [bob.inbox], 'to the personal inbox')
  await createReport(ctx, alice.actor, { target: zoe.actor, objectIds: [], comment: '', category: 'other', forward: true })
  t.equal((await flags(ctx)).length, 1, 'a report about somebody here stays here')
})

t.test('a report names only posts of its target that the reporter can see', async (t) => {
  const { ctx, alice, zoe } = await scene(t)
  const [hers, other] = [await localNote(ctx, zoe.actor, 'un'), await localNote(ctx, alice.actor, 'deux')]
  await ctx.db('objects').insert({
    id: '7',
    iri: 'https://commune.test/ap/objects/secret',
    type: 'Note',
    local: true,
    actor_id: zoe.actor.id,
    visibility: 'direct',
    published: ctx.clock.now(),
    doc: '{}'
  })
  const report = await createReport(ctx, alice.actor, {
    target: zoe.actor,
    objectIds: [hers.id, other.id, '7'],
    comment: '',
    category: 'other'
  })
  t.same(report.object_iris, [hers.iri])
  t.same(
    (await reportedContent(ctx, report)).map((row) => row.id),
    [hers.id]
  )
  await t.rejects(createReport(ctx, alice.actor, { target: alice.actor, objectIds: [], comment: '', category: 'other' }), {
    code: 'report.self'
  })
  await t.rejects(createReport(ctx, null, { target: zoe.actor, objectIds: [], comment: ' ', category: 'other' }), { code: 'report.empty' })
  await t.rejects(findReported(ctx, { statusId: '7' }, alice.actor.id), { code: 'report.target-unknown' })
})

t.test('O22: a Flag from elsewhere is capped, plain, for moderators alone, whatever its shape', async (t) => {
  const { ctx, alice, bob } = await scene(t)
  const post = await localNote(ctx, alice.actor, 'annonce')
  const many = Array.from({ length: 10_000 }, (_, index) => `https://commune.test/ap/objects/none-${index}`)
  const shapes: [string, unknown, Record<string, unknown>][] = [
    ['Mastodon', [alice.actor.iri, post.iri], { content: '<script>alert(1)</script><b>Publicité</b>' }],
    ['Mobilizon', [post.iri, alice.actor.iri], { content: 'Publicité' }],
    ['Lemmy', post.iri, { summary: 'Publicité', to: [alice.actor.iri] }],
    ['a flood', [alice.actor.iri, bob.iri, 'https://elsewhere.example/x', ...many], {}]
  ]
  for (const [software, object, more] of shapes) t.equal(await receive(ctx, activity('Flag', bob, object, more)), 'reported', software)
  const reports = await listReports(ctx, {})
  t.equal(reports.length, 4)
  for (const report of reports) {
    t.match(report, { target_id: alice.actor.id, reporter_id: bob.id, local: false })
    t.notMatch(report.comment, '<')
    t.ok(report.object_iris.length <= 64)
    t.ok(report.object_iris.every((iri) => iri.startsWith('https://commune.test/')))
  }
  t.same(await ctx.db('notifications'), [], 'the accused is not told')
  t.equal(await receive(ctx, activity('Flag', bob, 'https://elsewhere.example/x')), 'unknown-object', 'nobody of ours')
  await ctx.db('domain_policies').insert({ host: 'mastodon.example', action: 'allow', reject_reports: true })
  t.equal(await receive(ctx, activity('Flag', bob, post.iri)), 'refused-blocked', 'a server whose reports are refused')
  t.equal((await listReports(ctx, {})).length, 4)
})

t.test('W25: nobody judges themselves or someone above them; citizens judge nobody', async (t) => {
  const { ctx, alice, zoe, mod, mod2, maire, who } = await scene(t)
  const input = { action: 'suspend' as const, reason: 'non', ground: 'terms' as const }
  const refused: [Who, ActorRow][] = [
    [who('alice'), zoe.actor],
    [who('mod'), maire.actor],
    [who('mod'), mod2.actor],
    [who('mod'), mod.actor],
    [who('maire'), maire.actor]
  ]
  for (const [judge, target] of refused)
    await t.rejects(decideAccount(ctx, judge, target.id, input), { code: 'permission.denied', status: 403 })
  t.same(await ctx.db('decisions'), [])
  t.same(await ctx.db('actors').whereNotNull('suspended_at'), [])
  await decideAccount(ctx, who('mod'), alice.actor.id, input)
  await decideAccount(ctx, who('maire'), mod.actor.id, input)
  t.equal((await ctx.db('decisions')).length, 2)
})

t.test('D13: each decision has its reason, told to the person, and stands in the log', async (t) => {
  const { ctx, alice, zoe, who } = await scene(t)
  const post = await localNote(ctx, alice.actor, 'insulte')
  const file = () => createReport(ctx, zoe.actor, { target: alice.actor, objectIds: [post.id], comment: 'Regardez', category: 'violation' })
  const report = await file()
  await t.rejects(decideReport(ctx, who('mod'), report.id, { action: 'delete', reason: ' ', ground: 'terms' }), { code: 'decision.reason' })
  t.equal((await ctx.db('objects').where({ id: post.id }).first()).deleted_at, null)
  await decideReport(ctx, who('mod'), report.id, { action: 'delete', reason: 'Règle 1 : restez courtois.', ground: 'terms' })
  t.ok((await ctx.db('objects').where({ id: post.id }).first()).deleted_at)
  t.equal((await ctx.db('activities').where({ type: 'Delete', actor_id: alice.actor.id })).length, 1, 'and everywhere else')
  const [news, ...more] = await ctx.db('notifications').where({ owner_id: alice.actor.id })
  t.same(more, [])
  t.match(news, { type: 'moderation_warning', from_id: ctx.site!.communeActorId })
  t.match(await ctx.db('decisions').where({ id: news.decision_id }).first(), {
    action: 'delete',
    reason: 'Règle 1 : restez courtois.',
    report_id: report.id,
    object_iris: [post.iri]
  })
  await t.rejects(decideReport(ctx, who('maire'), report.id, { action: 'none', reason: '', ground: 'terms' }), { code: 'report.settled' })
  for (const _ of [1, 2]) await decideAccount(ctx, who('mod'), alice.actor.id, { action: 'warn', reason: 'Encore', ground: 'law' })
  t.equal((await ctx.db('notifications').where({ owner_id: alice.actor.id })).length, 3, 'a second warning is told too')
  const second = await file()
  await decideReport(ctx, who('mod'), second.id, { action: 'none', reason: '', ground: 'terms' })
  t.equal((await ctx.db('notifications').where({ owner_id: alice.actor.id })).length, 3, 'a report without consequence is not')
  t.same(await listReports(ctx, {}), [])
})

t.test('W26: suspending a citizen cancels what waits to leave, ends sessions, hides everything; lifting it shows it again', async (t) => {
  const { ctx, alice, bob, who } = await scene(t)
  await localNote(ctx, alice.actor, 'coucou')
  await publish(ctx, ctx.db, { actor: alice.actor, type: 'Like', object: `${bob.iri}/1`, to: [bob.iri], cc: [], visibility: 'direct' })
  await ctx.db('tokens').insert({ id: '1', token_hash: Buffer.from('x'), kind: 'session', account_id: alice.account.id, scopes: ['*'] })
  await decideAccount(ctx, who('mod'), alice.actor.id, { action: 'suspend', reason: 'Menaces', ground: 'law' })
  t.same(await ctx.db('deliveries').pluck('state'), ['cancelled'])
  t.equal((await ctx.db('tokens').whereNull('revoked_at')).length, 0)
  t.same(await publicTimeline(ctx, { actorId: null }, {}, PAGE), [])
  await decideAccount(ctx, who('mod'), alice.actor.id, { action: 'unsuspend', reason: '', ground: 'law' })
  t.equal((await publicTimeline(ctx, { actorId: null }, {}, PAGE)).length, 1)
  t.match(await ctx.db('accounts').where({ id: alice.account.id }).first(), { status: 'active' })
})

t.test('suspending someone elsewhere ends follows both ways, tells their server, and hides what they wrote', async (t) => {
  const { ctx, alice, bob, who } = await scene(t)
  await localFollow(ctx, alice.actor, bob)
  await receive(ctx, activity('Follow', bob, alice.actor.iri))
  await receive(ctx, create(bob, note(bob)))
  t.equal((await publicTimeline(ctx, { actorId: null }, {}, PAGE)).length, 1)
  await decideAccount(ctx, who('mod'), bob.id, { action: 'suspend', reason: 'Pourriel', ground: 'terms' })
  t.same(await ctx.db('follows'), [])
  t.same(await ctx.db('activities').whereIn('type', ['Undo', 'Reject']).orderBy('type').pluck('type'), ['Reject', 'Undo'])
  t.same(await publicTimeline(ctx, { actorId: null }, {}, PAGE), [])
  t.equal(await receive(ctx, create(bob, note(bob))), 'refused-suspended')
})

t.test('limiting a citizen hides them from public lists but not from those who follow', async (t) => {
  const { ctx, alice, zoe, who } = await scene(t)
  await localNote(ctx, alice.actor, 'coucou')
  await localFollow(ctx, zoe.actor, alice.actor)
  await decideAccount(ctx, who('mod'), alice.actor.id, { action: 'limit', reason: 'Trop de publicité', ground: 'terms' })
  t.same(await publicTimeline(ctx, { actorId: null }, {}, PAGE), [])
  t.equal((await publicTimeline(ctx, { actorId: zoe.actor.id }, {}, PAGE)).length, 1)
  t.equal((await publicTimeline(ctx, { actorId: alice.actor.id }, {}, PAGE)).length, 1, 'their own')
})
