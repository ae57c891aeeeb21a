// One Follow of the commune brings the whole town (federation.md §4.12): what is announced, to whom, and what the settings keep back.
import t from 'tap'
import type { Ctx } from '../context.ts'
import { findServedActor } from '../db/documents.ts'
import { saveSoftware } from '../db/hosts.ts'
import type { ActorRow } from '../db/rows.ts'
import { requireSite } from '../db/site.ts'
import { actorTimeline, publicTimeline } from '../db/timelines.ts'
import { ANYONE } from '../db/visibility.ts'
import { findRelay, instanceActor, listRelays } from '../features/admin/relays.ts'
import { createEvent } from '../features/events/create-event.ts'
import { editEvent } from '../features/events/edit-event.ts'
import { followActor, unfollowActor } from '../features/follows/follow.ts'
import { editGroup } from '../features/groups/groups.ts'
import { saveFederationSettings } from '../features/moderation/hosts.ts'
import { createNote } from '../features/wall/create-note.ts'
import { deleteObject } from '../features/wall/delete-object.ts'
import { doChores } from '../jobs/chores.ts'
import { activity, create, note, PUBLIC, receive } from '../test/arrivals.ts'
import { testContext } from '../test/context.ts'
import { citizen, localGroup, localPerson, remotePerson } from '../test/people.ts'
import { actorCollection } from './collections.ts'
import { relay, RELAY_CHORE } from './relay.ts'

type Json = Record<string, unknown>
const PAGE = { maxId: null, sinceId: null, minId: null, limit: 10 }
const FETE = { title: 'Fête', start: '2030-06-01T18:00:00+04:00' }

async function scene(t: Parameters<typeof testContext>[0]) {
  const { ctx } = await testContext(t)
  const alice = await localPerson(ctx, 'alice')
  const jardin = await localGroup(ctx, 'jardin', alice)
  const actorOf = (id: string) => ctx.db<ActorRow>('actors').where({ id }).first()
  const commune = (await actorOf(requireSite(ctx).communeActorId))!
  const instance = await instanceActor(ctx)
  const reader = await remotePerson(ctx, 'reader@mastodon.example')
  const lemmy = await remotePerson(ctx, 'reader@lemmy.example')
  const neighbour = await remotePerson(ctx, 'voisine@communer.example')
  for (const name of ['mastodon', 'lemmy', 'communer']) await saveSoftware(ctx, `${name}.example`, name, '1.0.0')
  for (const follower of [reader, lemmy, neighbour]) await receive(ctx, activity('Follow', follower, commune.iri))
  await ctx.db('deliveries').delete()
  return { ctx, alice, jardin, commune, instance, reader, who: { role: 'member', actorId: alice.id } as const }
}

const seen = new WeakMap<Ctx, string[]>()

/** What left of this type since the last look, planned relays done: who, about what, to which hosts. */
async function sent(ctx: Ctx, type: string): Promise<{ actor: unknown; object: unknown; hosts: string[] }[]> {
  while ((await doChores(ctx, { [RELAY_CHORE]: relay })) > 0);
  const rows: { body: string; hosts: string[] }[] = await ctx
    .db('activities')
    .join('deliveries', 'deliveries.activity_id', 'activities.id')
    .where('activities.type', type)
    .whereNotIn('activities.id', seen.get(ctx) ?? [])
    .groupBy('activities.id')
    .orderBy('activities.id')
    .select('activities.body', ctx.db.raw('array_agg(deliveries.host order by deliveries.host) as hosts'))
  seen.set(ctx, await ctx.db('activities').pluck('id'))
  return rows.map(({ body, hosts }) => {
    const { actor, object } = JSON.parse(body) as Json
    return { actor, object, hosts }
  })
}

t.test('the commune announces what its groups publish, by address, to all that read addresses; edits and the end follow', async (t) => {
  const { ctx, alice, jardin, commune, who } = await scene(t)
  const event = await createEvent(ctx, alice, { ...FETE, as: 'jardin' })
  const hosts = ['communer.example', 'mastodon.example']
  t.same(await sent(ctx, 'Announce'), [{ actor: commune.iri, object: event.iri, hosts }])
  const news = await createNote(ctx, alice, { text: 'Le jardin ouvre', as: 'jardin' })
  t.same(await sent(ctx, 'Announce'), [{ actor: commune.iri, object: news.iri, hosts }])
  const onPage = await actorTimeline(ctx, ANYONE, commune.id, {}, PAGE)
  t.same(
    onPage.map((row) => row.reblog_of_id),
    [news.id, event.id]
  )
  t.same(
    (await publicTimeline(ctx, ANYONE, { local: true }, PAGE)).map((row) => row.id),
    [news.id, event.id],
    'the wall shows each once'
  )
  await editEvent(ctx, who, event, { title: 'Grande fête' })
  t.match(await sent(ctx, 'Update'), [{ actor: jardin.iri, hosts }])
  await deleteObject(ctx, who, event)
  t.match(await sent(ctx, 'Delete'), [{ actor: jardin.iri, object: { id: event.iri }, hosts }])
  t.equal((await actorTimeline(ctx, ANYONE, commune.id, {}, PAGE)).length, 1)
})

t.test('what is not for all, what people say for themselves and what the settings keep back is not announced', async (t) => {
  const { ctx, alice, jardin, who } = await scene(t)
  const { actor: admin } = await citizen(ctx, 'mairie', { role: 'admin' })
  await createNote(ctx, alice, { text: 'Pour nous', as: 'jardin', visibility: 'followers' })
  await createNote(ctx, alice, { text: 'Discret', as: 'jardin', visibility: 'unlisted' })
  await createNote(ctx, alice, { text: 'De moi' })
  const thread = await createNote(ctx, alice, { text: 'Question', group: 'jardin' })
  await createNote(ctx, alice, { text: 'Réponse', as: 'jardin', inReplyToId: thread.id })
  await createEvent(ctx, alice, FETE)
  t.same(await sent(ctx, 'Announce'), [])
  await saveFederationSettings(ctx, admin.id, { relayEvents: false })
  await createEvent(ctx, alice, { ...FETE, as: 'jardin' })
  t.same(await sent(ctx, 'Announce'), [])
  const news = await createNote(ctx, alice, { text: 'Nouvelle', as: 'jardin' })
  t.match(await sent(ctx, 'Announce'), [{ object: news.iri }])
  await saveFederationSettings(ctx, admin.id, { relayEvents: true, relayNews: false })
  await createNote(ctx, alice, { text: 'Autre nouvelle', as: 'jardin' })
  t.same(await sent(ctx, 'Announce'), [])
  const event = await createEvent(ctx, alice, { ...FETE, as: 'jardin' })
  t.match(await sent(ctx, 'Announce'), [{ object: event.iri }])
  await editGroup(ctx, who, jardin, { relayed: false })
  await createEvent(ctx, alice, { ...FETE, as: 'jardin' })
  t.same(await sent(ctx, 'Announce'), [])
})

t.test('[36] servers that follow the instance get every public event, and find it with its Create in the outbox', async (t) => {
  const { ctx, alice, instance } = await scene(t)
  await createEvent(ctx, alice, { ...FETE, title: 'Avant' })
  t.same(await sent(ctx, 'Announce'), [], 'to nobody, while nobody follows')
  const relay = await remotePerson(ctx, 'relay@mobilizon.example', { type: 'Application' })
  t.equal(await receive(ctx, activity('Follow', relay, instance.iri)), 'followed')
  const event = await createEvent(ctx, alice, FETE)
  t.same(await sent(ctx, 'Announce'), [{ actor: instance.iri, object: event.iri, hosts: ['mobilizon.example'] }])
  await createNote(ctx, alice, { text: 'Pas un rendez-vous' })
  t.same(await sent(ctx, 'Announce'), [])
  const page = await actorCollection(ctx, (await findServedActor(ctx.db, { iri: instance.iri }))!, 'outbox', 'true')
  t.match((page as Json)['orderedItems'], [
    { type: 'Announce', actor: instance.iri, object: { type: 'Create', actor: alice.iri, object: { id: event.iri, name: 'Fête' } } }
  ])
  await deleteObject(ctx, { role: 'member', actorId: alice.id }, event)
  t.match(await sent(ctx, 'Delete'), [{ object: { id: event.iri }, hosts: ['mobilizon.example'] }])
})

t.test('the instance follows a server’s relay: what that announces is heard, until it is followed no more', async (t) => {
  const { ctx, instance, reader } = await scene(t)
  const relay = await remotePerson(ctx, 'relay@mobilizon.example', { type: 'Application' })
  await t.rejects(findRelay(ctx, reader.iri), { code: 'relay.unknown', status: 404 }, 'a person is no relay')
  await t.rejects(findRelay(ctx, instance.iri), { code: 'relay.unknown' }, 'nor are we')
  const dora = await remotePerson(ctx, 'dora@mobilizon.example')
  const fete = note(dora, { type: 'Event', name: 'Bal', startTime: '2030-06-01T18:00:00Z', to: [PUBLIC] })
  t.equal(await receive(ctx, create(dora, fete)), 'not-related')
  await followActor(ctx, instance, await findRelay(ctx, '@relay@mobilizon.example'))
  const [follow] = await sent(ctx, 'Follow')
  t.match(follow, { actor: instance.iri, object: relay.iri })
  t.match(await listRelays(ctx), [{ actor: { id: relay.id }, direction: 'out', state: 'pending' }])
  t.equal(await receive(ctx, activity('Accept', relay, { type: 'Follow', actor: instance.iri, object: relay.iri })), 'follow-accepted')
  t.match(await listRelays(ctx), [{ state: 'accepted' }])
  // Held already: nothing is read over the network in this test.
  await ctx.db('follows').update({ followed_id: dora.id }).where({ follower_id: instance.id })
  t.equal(await receive(ctx, create(dora, { ...fete, id: `${fete.id}-2` })), 'created')
  await ctx.db('follows').update({ followed_id: relay.id }).where({ follower_id: instance.id })
  t.equal(await receive(ctx, activity('Announce', relay, `${fete.id}-2`, { to: [PUBLIC] })), 'boosted')
  await unfollowActor(ctx, instance, relay)
  t.equal(await receive(ctx, activity('Announce', relay, `${fete.id}-2`, { to: [PUBLIC] })), 'not-related')
  t.same(await listRelays(ctx), [])
})
