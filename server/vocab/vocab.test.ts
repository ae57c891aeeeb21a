import { readFileSync } from 'node:fs'
import t from 'tap'
import * as predicates from '../test/predicates.ts'
import { tombstone } from './activity.ts'
import { actorDocument, withPublicKey, type ActorSource } from './actor.ts'
import { addressing, PUBLIC } from './addressing.ts'
import { assertWire, wireProblems } from './assert-wire.ts'
import { CONTEXT, serialise, withContext, type WireDocument } from './context.ts'
import { eventLine } from './fallback.ts'
import { isMintedHere, mintActivityIri, mintActorIri, mintObjectIri } from './iris.ts'
import { objectDocument, type ObjectLinks, type ObjectSource } from './object.ts'
import { toWireForm, toWorkingForm } from './working-form.ts'
import { zonedDate } from './zoned-date.ts'

const ORIGIN = 'https://saint-leu.example'
const GROUP = `${ORIGIN}/ap/actors/0192f3a0-7c11-7abc-8def-0123456789ab`
const ALICE = `${ORIGIN}/ap/actors/0192f3a0-7c11-7abc-8def-0123456789ac`
const IMAGE = {
  type: 'Image',
  mediaType: 'image/webp',
  url: '/media/a.webp',
  name: 'Affiche',
  width: 1200,
  height: 630,
  blurhash: 'UBL_:r',
  focalPoint: [0, 0] as const
}

const BASE: ObjectSource = {
  iri: mintObjectIri(ORIGIN),
  type: 'Note',
  kind: null,
  visibility: 'public',
  in_reply_to_iri: null,
  name: null,
  summary: null,
  content: '<p>Bonjour</p>',
  language: 'fr',
  sensitive: false,
  url: `${ORIGIN}/@jardin/1`,
  start_time: null,
  end_time: null,
  timezone: null,
  event_status: null,
  place: null,
  attachments: [],
  tags: [],
  published: new Date('2026-11-20T08:00:00Z'),
  updated: null
}
const EVENT: ObjectSource = {
  ...BASE,
  type: 'Event',
  name: 'Chantier <participatif> & fête',
  start_time: new Date('2026-12-12T10:00:00Z'),
  end_time: new Date('2026-12-12T13:00:00Z'),
  timezone: 'Indian/Reunion',
  event_status: 'CONFIRMED',
  place: { name: 'Jardin des Colimaçons', address: '12 chemin des Colimaçons', latitude: -21, longitude: 55.308502 },
  attachments: [IMAGE],
  tags: [
    { type: 'Hashtag', name: '#jardin', href: `${ORIGIN}/tags/jardin` },
    { type: 'Mention', name: '@bob@peer.test', href: 'https://peer.test/bob' }
  ]
}

function links(visibility: 'public' | 'unlisted' | 'followers' | 'direct' = 'public', extra: Partial<ObjectLinks> = {}): ObjectLinks {
  return {
    origin: ORIGIN,
    actorIri: GROUP,
    authorIri: ALICE,
    ...addressing({ visibility, followersIri: `${GROUP}/followers`, mentions: ['https://peer.test/bob'] }),
    ...extra
  }
}

function create(source: ObjectSource, given = links()): WireDocument {
  const object = objectDocument(source, given)
  return withContext({
    id: mintActivityIri(ORIGIN),
    type: 'Create',
    actor: given.actorIri,
    published: '2026-11-20T08:00:00Z',
    to: given.to,
    cc: given.cc,
    object
  })
}

const VARIANTS: Record<string, ObjectSource> = {
  note: BASE,
  'note with pictures and warning': {
    ...BASE,
    summary: 'Araignées',
    sensitive: true,
    attachments: Array.from({ length: 6 }, () => IMAGE),
    tags: EVENT.tags
  },
  answer: { ...BASE, in_reply_to_iri: 'https://peer.test/notes/1' },
  'edited note': { ...BASE, updated: new Date('2026-11-20T09:00:00Z') },
  event: EVENT,
  'event without place, end and picture': { ...EVENT, place: null, end_time: null, attachments: [] },
  'event on line': { ...EVENT, place: { url: 'https://visio.example/salle' } },
  'event in two places at once': { ...EVENT, place: { ...EVENT.place, url: 'https://visio.example/salle' } },
  'cancelled event': { ...EVENT, event_status: 'CANCELLED', updated: new Date('2026-11-21T08:00:00Z') },
  'postponed event': { ...EVENT, event_status: 'POSTPONED', updated: new Date('2026-11-21T08:00:00Z') },
  'event of one letter': { ...EVENT, name: 'X' },
  article: {
    ...BASE,
    type: 'Article',
    kind: 'news',
    name: 'Ouverture',
    summary: '<p>La <b>ressourcerie</b> ouvre &amp; vend</p>',
    attachments: [IMAGE]
  },
  page: { ...BASE, type: 'Page', name: 'Une idée', content: `<p>${'long '.repeat(400)}</p>` }
}

for (const [name, source] of Object.entries(VARIANTS)) {
  for (const visibility of ['public', 'unlisted', 'followers', 'direct'] as const) {
    t.test(`${name}, ${visibility}: keeps the wire profile`, async (t) => {
      const activity = create(source, links(visibility))
      t.same(wireProblems(activity), [])
      t.same(JSON.parse(serialise(activity)), JSON.parse(JSON.stringify(activity)), 'nothing is undefined or lost')
    })
  }
  t.test(`${name}: the peers that take it accept it`, async (t) => {
    for (const [peer, verdict] of Object.entries(predicates.peerVerdicts(create(source)))) t.equal(verdict, true, peer)
  })
}

t.test('an event tells date, hours and place in one line, in the language of the commune', async (t) => {
  t.equal(eventLine(EVENT, 'fr'), 'Samedi 12 décembre 2026, 14 h – 17 h · Jardin des Colimaçons, 12 chemin des Colimaçons')
  t.equal(
    eventLine({ ...EVENT, event_status: 'CANCELLED', end_time: new Date('2026-12-13T06:30:00Z') }, 'fr'),
    'ANNULÉ · Samedi 12 décembre 2026, 14 h au dimanche 13 décembre 2026, 10 h 30 · Jardin des Colimaçons, 12 chemin des Colimaçons'
  )
  t.match(eventLine({ ...EVENT, event_status: 'POSTPONED' }, 'fr'), /^REPORTÉ · Samedi 12 décembre 2026/)
  t.equal(
    eventLine({ ...EVENT, place: { url: 'https://visio.example' } }, 'en'),
    'Saturday 12 December 2026, 14:00 – 17:00 · online'.replace(
      'Saturday 12 December 2026',
      new Intl.DateTimeFormat('en', { timeZone: 'Indian/Reunion', weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }).format(
        EVENT.start_time!
      )
    )
  )
  t.equal(eventLine({ ...EVENT, start_time: null }, 'fr'), '')
})

t.test('times of events carry the offset of their zone, in winter and in summer', async (t) => {
  t.equal(zonedDate(new Date('2026-12-12T10:00:00Z'), 'Indian/Reunion'), '2026-12-12T14:00:00+04:00')
  t.equal(zonedDate(new Date('2026-07-01T10:00:00Z'), 'Europe/Paris'), '2026-07-01T12:00:00+02:00')
  t.equal(zonedDate(new Date('2026-12-01T10:00:00Z'), 'America/Cayenne'), '2026-12-01T07:00:00-03:00')
  t.equal(zonedDate(new Date('2026-12-01T10:00:00Z'), 'Mars/Olympus'), '2026-12-01T10:00:00Z')
})

t.test('W5, W12, W15: nulls only where PieFed wants them, no integer coordinates, no mention in an event', async (t) => {
  const event = objectDocument(EVENT, links())
  t.same(
    Object.entries(event)
      .filter(([, value]) => value === null)
      .map(([key]) => key)
      .sort(),
    ['buyTicketsLink', 'externalParticipationUrl', 'feeCurrency', 'onlineLink']
  )
  t.match(JSON.stringify(event['location']), /"latitude":-21\.000001,/)
  t.same(
    (event['tag'] as WireDocument[]).map((tag) => tag['type']),
    ['Hashtag']
  )
  t.match(event, {
    name: 'Chantier participatif et fête',
    actor: ALICE,
    attributedTo: GROUP,
    image: { url: `${ORIGIN}/media/a.webp` },
    displayEndTime: true
  })
})

t.test('W4: a group is addressed before everybody', async (t) => {
  const audience = addressing({ visibility: 'public', followersIri: `${ALICE}/followers`, groupIri: GROUP, mentions: [GROUP] })
  t.same(audience, { to: [GROUP, PUBLIC], cc: [`${ALICE}/followers`] })
  const activity = create({ ...BASE, type: 'Page', name: 'Idée' }, { origin: ORIGIN, actorIri: ALICE, groupIri: GROUP, ...audience })
  t.equal(predicates.lemmyPage(activity), true)
  t.same(wireProblems(activity), [])
})

t.test('what is for few never says Public', async (t) => {
  for (const visibility of ['followers', 'members', 'direct', 'local'] as const) {
    const { to, cc } = addressing({ visibility, followersIri: `${GROUP}/followers`, groupIri: GROUP, mentions: [ALICE], members: [ALICE] })
    t.notOk([...to, ...cc].includes(PUBLIC), visibility)
  }
})

const ACTOR: ActorSource = {
  iri: GROUP,
  type: 'Group',
  kind: 'group',
  username: 'jardin',
  domain: 'saint-leu.example',
  name: 'Jardin partagé',
  summary: '<p>Ouvert à tous</p>',
  url: null,
  locked: false,
  discoverable: true,
  indexable: true,
  icon: { url: '/media/i.webp', mediaType: 'image/webp' },
  image: null,
  fields: [{ name: 'Site', value: '<a href="https://x.example">x</a>' }],
  published: new Date('2026-11-02T08:00:00Z'),
  updated: null
}
const KEY = { iri: `${GROUP}#main-key`, pem: '-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n' }
const TERRITORY = { name: 'Saint-Leu', insee: '97413', latitude: -21, longitude: 55.2882 }

t.test('actors of every kind keep the wire profile and are what peers look for', async (t) => {
  const group = { openness: 'open', posting: 'members', members: 3 }
  const person = actorDocument({ ...ACTOR, type: 'Person', kind: null }, { origin: ORIGIN })
  const commune = actorDocument({ ...ACTOR, kind: 'commune' }, { origin: ORIGIN, group, territory: TERRITORY })
  const instance = actorDocument(
    { ...ACTOR, iri: `${ORIGIN}/ap/actor`, type: 'Application', kind: null, username: 'saint-leu.example' },
    { origin: ORIGIN }
  )
  for (const document of [person, commune, instance, actorDocument(ACTOR, { origin: ORIGIN, group })]) {
    const served = withPublicKey(document, { ...KEY, iri: `${String(document['id'])}#main-key` })
    t.same(wireProblems(served), [], String(document['type']))
    if (document['type'] === 'Group') t.equal(predicates.lemmyGroup(served), true)
    if (document['type'] !== 'Application') t.equal(predicates.misskeyActor(served), true)
    const update = { id: mintActivityIri(ORIGIN), type: 'Update', actor: document['id'], to: [PUBLIC], cc: [], object: served }
    t.same(wireProblems(update), [], `Update of ${String(document['type'])}`)
  }
  t.match(commune, {
    'communer:kind': 'commune',
    'communer:territory': { 'communer:inseeCode': '97413' },
    attributedTo: `${GROUP}/moderators`
  })
  t.notOk('image' in person, 'no null pictures')
  t.notOk('openness' in person)
})

t.test('the validator sees each breach', async (t) => {
  const good = create(EVENT)
  const broken: [RegExp, (activity: WireDocument, object: WireDocument) => void][] = [
    [/W1/, (activity) => void (activity['type'] = ['Create'])],
    [/W2/, (activity) => void (activity['id'] = 'https://elsewhere.example/1')],
    [/W2/, (_activity, object) => void (object['id'] = 'https://elsewhere.example/1')],
    [/W3/, (_activity, object) => void (object['attributedTo'] = ALICE)],
    [/W4/, (activity) => void delete activity['cc']],
    [/W5/, (_activity, object) => void (object['summary'] = null)],
    [/W6 /, (_activity, object) => void (object['attachment'] = [{ type: 'PropertyValue', name: 'a', value: 'b' }])],
    [/W6b/, (_activity, object) => void (object['location'] = [])],
    [/W10/, (_activity, object) => void (object['name'] = 'a <b>')],
    [/W11/, (_activity, object) => void (object['summary'] = '<p>a</p>')],
    [/W12/, (_activity, object) => void (object['location'] = { latitude: 48 })],
    [/W13/, (_activity, object) => void (object['startTime'] = '2026-12-12')],
    [/W15/, (_activity, object) => void (object['tag'] = [{ type: 'Mention', name: '@a', href: 'https://a.example' }])],
    [/W16/, (_activity, object) => void (object['contentMap'] = { fr: 'autre' })],
    [/W17/, (_activity, object) => void (object['attachment'] = Array(5).fill((object['attachment'] as unknown[])[0]))]
  ]
  for (const [rule, breach] of broken) {
    const activity = structuredClone(good)
    breach(activity, activity['object'] as WireDocument)
    t.throws(() => assertWire(activity), { message: rule }, String(rule))
  }
})

t.test('a tombstone says what it was', async (t) => {
  const document = tombstone({ iri: BASE.iri, formerType: 'Event', published: BASE.published, deleted: new Date('2026-11-21T10:00:00Z') })
  t.same(document, {
    id: BASE.iri,
    type: 'Tombstone',
    formerType: 'Event',
    published: '2026-11-20T08:00:00Z',
    deleted: '2026-11-21T10:00:00Z'
  })
  t.same(wireProblems(document), [])
})

t.test("the engine's working form and the wire form lose nothing of each other", async (t) => {
  for (const source of Object.values(VARIANTS)) {
    const { '@context': _context, ...activity } = create(source)
    t.same(toWireForm(toWorkingForm(activity)), activity)
  }
  const flag = { id: mintActivityIri(ORIGIN), type: 'Flag', actor: ALICE, object: ['https://peer.test/troll'], to: [] }
  t.same(toWireForm(toWorkingForm(flag)), flag)
  t.same(toWireForm({ ...toWorkingForm(flag), bto: [ALICE], bcc: [ALICE], _meta: [{ collection: ['x'] }] }), flag, 'nothing private leaves')
})

t.test('only IRIs of exactly our shape count as minted here', async (t) => {
  for (const iri of [mintActorIri(ORIGIN), mintObjectIri(ORIGIN), mintActivityIri(ORIGIN), `${ORIGIN}/ap/actor`])
    t.ok(isMintedHere(ORIGIN, iri), iri)
  for (const iri of [
    `${ORIGIN}.evil.test/ap/actors/0192f3a0-7c11-7abc-8def-0123456789ab`,
    `${ORIGIN}/ap/actors/jardin`,
    `${mintObjectIri(ORIGIN)}/replies`,
    `${ORIGIN}/ap/other/0192f3a0-7c11-7abc-8def-0123456789ab`,
    mintObjectIri('https://peer.test')
  ]) {
    t.notOk(isMintedHere(ORIGIN, iri), iri)
  }
})

t.test('the context is the published one', async (t) => {
  const fixture = JSON.parse(readFileSync(new URL('../test/fixtures/wire/ctx.json', import.meta.url), 'utf8')) as unknown
  t.same(CONTEXT, Array.isArray(fixture) ? fixture : (fixture as WireDocument)['@context'])
})
