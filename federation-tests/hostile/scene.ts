// The stage of the hostile tests: a spawned commune with a citizen and a group, and two foreign hosts, one honest (victim.test), one
// not (evil.test). `snapshot` is what an attack must leave as it was.
import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import type { Json } from '../harness/client.ts'
import { startCommuner, type Communer } from '../harness/communer.ts'
import { waitUntil } from '../harness/wait.ts'
import { startNetwork, type Network } from '../network/network.ts'
import { CONTEXT, createMockHost, PUBLIC, type MockActor, type MockHost } from '../peers/mock/host.ts'

export interface Scene {
  network: Network
  commune: Communer
  evil: MockHost
  victim: MockHost
  mallory: MockActor
  /** Honest actor of victim.test, followed by our citizen, with one stored note. */
  bob: MockActor
  bobNote: Json
  /** Local group: its IRI, personal inbox. */
  groupIri: string
  groupInbox: string
  sharedInbox: string
  citizenIri: string
  /** A Create{Note} by `author`, addressed to the group; `change` replaces properties of the note, `outer` of the activity. */
  create(author: MockActor, change?: Json, outer?: Json): Json
  /** Resolves when everything accepted so far has been applied. */
  settled(): Promise<void>
  snapshot(): Promise<Json>
  stored(iri: string): Promise<boolean>
}

const SNAPSHOT = `select
  (select count(*) from objects) objects, (select count(*) from follows) follows, (select count(*) from likes) likes,
  (select count(*) from blocks) blocks, (select count(*) from tombstones) tombstones, (select count(*) from notifications) notifications,
  (select md5(coalesce(string_agg(a::text, '|' order by a.id), '')) from actors a where local) local_actors,
  (select md5(coalesce(string_agg(k.key_iri || k.public_pem || encode(k.private_sealed, 'hex'), '|' order by key_iri), '')) from actor_keys k where private_sealed is not null) local_keys,
  (select md5(coalesce(string_agg(o.iri || o.content_html || coalesce(o.name, '') || o.visibility || coalesce(o.deleted_at::text, ''), '|' order by o.id), '')) from objects o) contents,
  (select md5(coalesce(string_agg(a.iri || a.inbox || a.name, '|' order by a.iri), '')) from actors a where host = 'victim.test') victims`

/** Builds the stage; it is torn down with the test. `citizens`: besides Alice. */
export async function setScene(t: Test, { citizens = [] as string[] } = {}): Promise<Scene> {
  const network = await startNetwork()
  t.teardown(() => network.close())
  const commune = await startCommuner(network, {
    test: t,
    host: 'commune.test',
    accounts: ['alice', ...citizens],
    groups: { jardin: 'alice' }
  })
  const [evil, victim] = [createMockHost(network, 'evil.test'), createMockHost(network, 'victim.test')]
  const [mallory, bob] = [evil.actor('mallory'), victim.actor('bob')]
  const actorOf = async (name: string): Promise<Json> => {
    const jrd = (await (
      await network.fetch(`https://commune.test/.well-known/webfinger?resource=acct:${name}@commune.test`)
    ).json()) as Json
    return (await (
      await network.fetch(jrd.links.find((one: Json) => one.rel === 'self').href, { headers: { accept: 'application/activity+json' } })
    ).json()) as Json
  }
  const [group, citizen] = [await actorOf('jardin'), await actorOf('alice')]
  const scene: Scene = {
    network,
    commune,
    evil,
    victim,
    mallory,
    bob,
    bobNote: {},
    groupIri: group.id,
    groupInbox: group.inbox,
    sharedInbox: group.endpoints.sharedInbox,
    citizenIri: citizen.id,
    create(author, change = {}, outer = {}) {
      const id = `${author.iri}/notes/${randomUUID()}`
      const note = {
        id,
        type: 'Note',
        attributedTo: author.iri,
        to: [PUBLIC],
        cc: [group.id],
        published: new Date().toISOString(),
        content: '<p>Bonjour</p>',
        ...change
      }
      return {
        '@context': CONTEXT,
        id: `${id}/activity`,
        type: 'Create',
        actor: author.iri,
        to: [PUBLIC],
        cc: [group.id],
        object: note,
        ...outer
      }
    },
    settled: () =>
      waitUntil(
        'the inbox is worked off',
        async () =>
          (await commune.query("select 1 from inbox_log where state = 'waiting' and next_at <= now() + interval '5 seconds'")).length === 0
      ).then(() => {}),
    snapshot: async () => (await commune.query(SNAPSHOT))[0]!,
    stored: async (iri) => (await commune.query('select 1 from objects where iri = $1 and deleted_at is null', [iri])).length > 0
  }
  const created = scene.create(bob, { content: '<p>Le mot de Bob</p>', published: new Date(Date.now() - 3_600_000).toISOString() })
  scene.bobNote = created.object
  victim.serve(new URL(created.object.id).pathname, { '@context': CONTEXT, ...created.object })
  const answer = await bob.post(scene.sharedInbox, created)
  t.equal(answer.status, 202, 'the stage is set: an honest note is accepted')
  await waitUntil('the honest note', () => scene.stored(created.object.id))
  await bob.post(scene.groupInbox, { '@context': CONTEXT, id: `${bob.iri}#follow`, type: 'Follow', actor: bob.iri, object: group.id })
  await waitUntil('its Accept', () => victim.activitiesOf('Accept').length === 1)
  // Mallory is a known, correctly signing stranger: refusals below are about what she does, not about who she is.
  await mallory.post(scene.sharedInbox, {
    '@context': CONTEXT,
    id: `${mallory.iri}#hello`,
    type: 'Like',
    actor: mallory.iri,
    object: created.object.id
  })
  await scene.settled()
  return scene
}
