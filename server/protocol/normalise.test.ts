import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { isAppError } from '../core/errors.ts'
import { parseJson } from '../core/json.ts'
import { cpuMsOf } from '../test/cpu.ts'
import { communecterDocuments } from '../test/corpus.ts'
import { readActorDocument } from './actor-document.ts'
import { isVote, normaliseActivity, normaliseObject, type NormActivity } from './normalise.ts'

const AS = 'https://www.w3.org/ns/activitystreams'
const PUBLIC = `${AS}#Public`
const ACTOR = 'https://peer.example/users/bob'
const activity = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  '@context': AS,
  id: `${ACTOR}#1`,
  type: 'Like',
  actor: ACTOR,
  object: 'https://commune.test/o/1',
  ...more
})
const object = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  id: 'https://peer.example/n/1',
  type: 'Note',
  attributedTo: ACTOR,
  content: 'x',
  ...more
})

/** The code an activity is refused with, or null when it is accepted. */
function refusal(json: unknown, read: (json: unknown) => unknown = normaliseActivity): string | null {
  try {
    read(json)
    return null
  } catch (error) {
    if (isAppError(error) && error.status === 400) return error.code
    throw error
  }
}

t.test('J05: what is not one activity with one type is refused', async (t) => {
  for (const json of [[], null, 'x', 42, true, undefined]) t.equal(refusal(json), 'document.not-object')
  for (const type of [undefined, null, 42, '', [], ['Create', 'Delete'], {}, 'x'.repeat(300)])
    t.equal(refusal(activity({ type })), 'document.type')
  t.equal(refusal(activity({ type: ['Like'] })), null, 'one type in an array is one type')
})

t.test('J06: types are read exactly, under their customary names', async (t) => {
  t.equal(normaliseActivity(activity({ type: 'as:Like' })).type, 'Like')
  t.equal(normaliseActivity(activity({ type: `${AS}#Like` })).type, 'Like')
  t.equal(normaliseActivity(activity({ type: 'like' })).type, 'like')
})

t.test('O35, O36, J16: exactly one actor, by an absolute id', async (t) => {
  const bad = [
    undefined,
    null,
    '',
    {},
    'alice',
    'acct:bob@peer.example',
    'javascript:alert(1)',
    'data:,x',
    '/users/bob',
    1,
    [ACTOR, 'https://evil.example/m'],
    ['https://evil.example/m', ACTOR],
    `https://peer.example/${'x'.repeat(10_000)}`,
    'https://victim@evil.example/',
    [[ACTOR]]
  ]
  for (const actor of bad) t.equal(refusal(activity({ actor })), 'document.actor', JSON.stringify(actor)?.slice(0, 60))
  t.equal(normaliseActivity(activity({ actor: [ACTOR] })).actor, ACTOR)
  t.equal(
    normaliseActivity(activity({ actor: { id: ACTOR, inbox: 'https://evil.example/' } })).actor,
    ACTOR,
    'R9: only the id of an embedded actor counts'
  )
  t.equal(normaliseActivity(activity({ actor: { type: 'Link', href: ACTOR } })).actor, ACTOR)
})

t.test('J16, R1: an id may be missing, not wrong', async (t) => {
  t.equal(normaliseActivity(activity({ id: undefined })).id, null)
  t.equal(normaliseActivity(activity({ id: null })).id, null)
  for (const id of ['', 'x', {}, 12, 'javascript:x', 'data:,x', `https://p.example/${'x'.repeat(10_000)}`])
    t.equal(refusal(activity({ id })), 'document.id')
  for (const id of ['', undefined, 'x', {}]) t.equal(refusal(object({ id }), normaliseObject), 'document.id')
  for (const thing of ['', 'javascript:x', 7, [], null]) t.equal(refusal(activity({ object: thing })), 'document.object')
})

t.test('O03, O35: authors are absolute ids; several only on the object’s own server', async (t) => {
  for (const attributedTo of [1, 'maire', 'acct:maire@commune.test', [ACTOR, 'https://evil.example/m']]) {
    t.equal(refusal(object({ attributedTo }), normaliseObject), 'document.attribution')
  }
  t.equal(
    normaliseObject(
      object({
        attributedTo: [
          { type: 'Person', id: ACTOR },
          { type: 'Group', id: 'https://peer.example/c/velo' }
        ]
      })
    ).attributedTo,
    ACTOR
  )
  t.equal(normaliseObject(object({ attributedTo: undefined })).attributedTo, null)
})

t.test('J01: a context that changes what core terms mean is refused; one that repeats them is not', async (t) => {
  const withContext = (terms: unknown): string | null => refusal(activity({ '@context': [AS, terms] }))
  t.equal(withContext({ actor: 'https://evil.example/#x' }), 'document.context')
  t.equal(withContext({ actor: 'as:attributedTo', zzz: 'as:actor' }), 'document.context')
  t.equal(withContext({ type: 'as:name' }), 'document.context')
  t.equal(withContext({ object: { '@reverse': 'as:object' } }), 'document.context')
  t.equal(withContext({ publicKey: 'https://evil.example/key' }), 'document.context')
  t.equal(withContext({ as: 'https://evil.example/#' }), 'document.context')
  t.equal(withContext({ '@vocab': 'https://evil.example/#' }), 'document.context')
  t.equal(withContext({ '@import': 'https://evil.example/c' }), 'document.context')
  t.equal(
    withContext({
      actor: { '@id': 'as:actor', '@type': '@id' },
      id: '@id',
      type: '@type',
      sensitive: 'as:sensitive',
      inbox: { '@id': 'ldp:inbox', '@type': '@id' }
    }),
    null
  )
  t.equal(
    refusal(activity({ object: { ...activity({ id: `${ACTOR}#2` }), '@context': { actor: 'as:object' } } })),
    'document.context',
    'in an embedded document too'
  )
  t.equal(
    normaliseActivity(activity({ '@context': [AS, { zzz: 'as:actor' }], zzz: 'https://evil.example/m' })).actor,
    ACTOR,
    'reading is fixed by our own table'
  )
})

t.test('J09: contexts are few and small, but may be repeated inside objects as snac and Fedify do', async (t) => {
  const terms = (count: number): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_item, at) => [`t${at}`, 'as:x']))
  t.equal(refusal(activity({ '@context': Array.from({ length: 17 }, () => AS) })), 'document.context')
  t.equal(refusal(activity({ '@context': [AS, terms(257)] })), 'document.context')
  t.equal(refusal(activity({ '@context': [AS, 7] })), 'document.context')
  t.equal(
    refusal(
      activity({
        object: Array.from({ length: 400 }, (_item, at) => ({ ...object({ id: `https://peer.example/n/${at}` }), '@context': AS }))
      })
    ),
    'document.context'
  )
  t.equal(refusal(activity({ object: { ...object(), '@context': AS, proof: { '@context': [AS] } } })), null)
})

t.test('J03: graph keywords are refused at any depth; one node alone may be unwrapped', async (t) => {
  for (const keyword of ['@graph', '@included', '@reverse', '@nest', '@index']) {
    t.equal(refusal(activity({ object: { id: 'https://peer.example/n', a: [{ b: { [keyword]: [] } }] } })), 'document.graph', keyword)
  }
  const { '@context': context, ...node } = activity()
  t.equal(normaliseActivity({ '@context': context, '@graph': [node] }).actor, ACTOR)
  t.equal(refusal({ '@graph': [activity(), activity()] }), 'document.graph')
  t.equal(refusal({ ...activity(), '@graph': [activity()] }), 'document.graph')
})

t.test('J07: nesting beyond 32 is refused before anything is read', async (t) => {
  let deep: unknown = 'x'
  for (let level = 0; level < 5000; level += 1) deep = level % 2 === 0 ? [deep] : { x: deep }
  t.equal(refusal(activity({ extra: deep })), 'document.too-deep')
})

t.test('J11: long lists and texts are cut, the rest stays readable', async (t) => {
  const many = (count: number, make: (at: number) => unknown): unknown[] => Array.from({ length: count }, (_item, at) => make(at))
  const read = normaliseObject(
    object({
      type: 'Question',
      name: 'n'.repeat(1_000_000),
      content: `<p>${'x'.repeat(200_000)}</p>`,
      tag: many(10_000, (at) => ({ type: 'Hashtag', name: `#t${at}x` })),
      to: many(10_000, (at) => `https://peer.example/u/${at}`),
      attachment: many(10_000, (at) => ({ type: 'Image', url: `https://peer.example/i/${at}` })),
      oneOf: many(10_000, (at) => ({ name: `o${at}` }))
    })
  )
  t.equal(read.name!.length, 512)
  t.ok(read.content.length <= 131_072)
  t.equal(read.tags.length, 64)
  t.equal(read.to.length, 256)
  t.equal(read.attachments.length, 16)
  t.equal(read.poll!.options.length, 32)
  t.equal(normaliseActivity(activity({ object: many(5000, (at) => `https://peer.example/n/${at}`) })).objects.length, 64)
})

t.test('J13: keys of prototypes are only keys', async (t) => {
  normaliseActivity(
    JSON.parse(
      `{"type":"Create","actor":"${ACTOR}","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"object":{"id":"https://peer.example/n","type":"Note","toString":1,"hasOwnProperty":2,"__proto__":{"polluted":1}}}`
    )
  )
  t.equal(({} as Record<string, unknown>).polluted, undefined)
  for (const type of ['toString', '__proto__', 'constructor']) t.equal(normaliseActivity(activity({ type })).type, type)
})

t.test('J14: impossible dates, places and counts are left out or bounded', async (t) => {
  const event = (more: Record<string, unknown>) =>
    normaliseObject(object({ type: 'Event', startTime: '2026-12-05T10:00:00+04:00', ...more }))
  for (const date of ['9999-01-01T00:00:00Z', '-271821-04-20T00:00:00Z', 'hier', 12, {}, '2026-13-40T00:00:00Z', '0001-01-01T00:00:00Z']) {
    t.equal(event({ published: date }).published, null, JSON.stringify(date))
    t.equal(event({ startTime: date }).startTime, null)
  }
  t.equal(event({ endTime: '2026-12-05T05:59:59Z' }).endTime, null, 'an end before the start')
  t.same(event({}).startTime, new Date('2026-12-05T06:00:00Z'))
  t.equal(event({ timezone: 'Mars/Olympus' }).timezone, null)
  t.equal(event({ timezone: 'Indian/Reunion' }).timezone, 'Indian/Reunion')
  const place = (latitude: unknown, longitude: unknown) => event({ location: { type: 'Place', name: 'x', latitude, longitude } }).place
  t.match(place(9999, 1), { latitude: null, longitude: null })
  t.match(place(1e308, NaN), { latitude: null })
  t.match(place('48.5', 2), { latitude: 48.5, longitude: 2 })
  const votes = (totalItems: unknown) =>
    normaliseObject(object({ type: 'Question', oneOf: [{ name: 'a', replies: { totalItems } }] })).poll!.options[0]!.votes
  t.same([-1, 1e308, 'NaN', '3', 2.7, null].map(votes), [0, 1_000_000_000, null, 3, 2, null], 'O27, O31')
})

t.test('O32: the page of an object is an http(s) address, chosen as peers mean it', async (t) => {
  const url = (value: unknown): string | null => normaliseObject(object({ url: value })).url
  t.equal(url('javascript:alert(1)'), null)
  t.equal(
    url([
      { type: 'Link', href: 'https://p.example/v.mp4', mediaType: 'video/mp4' },
      { type: 'Link', href: 'https://p.example/w', mediaType: 'text/html' }
    ]),
    'https://p.example/w'
  )
  t.equal(url([{ href: 'javascript:x', mediaType: 'text/html' }, 'https://p.example/2']), 'https://p.example/2')
})

t.test('[41] R3, R4, R7, R8: scalars, arrays, ids and embedded documents are one to us', async (t) => {
  t.same(normaliseActivity(activity({ to: PUBLIC, cc: ['as:Public', 'Public', { id: 'https://p.example/x' }, 7] })).to, [PUBLIC])
  t.same(normaliseActivity(activity({ cc: ['as:Public', 'Public', { id: 'https://p.example/x' }, 7] })).cc, [PUBLIC, 'https://p.example/x'])
  t.match(normaliseObject(object({ tag: { type: 'Mention', href: ACTOR, name: '@bob' }, summary: null })), {
    mentions: [ACTOR],
    summary: null
  })
  const votes = normaliseActivity(
    activity({
      type: 'Create',
      object: ['a', 'b'].map((name) => ({
        id: `${ACTOR}#${name}`,
        type: 'Note',
        name,
        inReplyTo: 'https://commune.test/o/1',
        attributedTo: ACTOR
      }))
    })
  )
  t.ok(votes.objects.length === 2 && votes.objects.every((ref) => isVote(ref.object!)))
  const batched = normaliseActivity(
    activity({
      type: 'Announce',
      object: { type: 'OrderedCollection', orderedItems: [activity({ id: `${ACTOR}#a` }), activity({ id: `${ACTOR}#b` })] }
    })
  )
  t.same(
    batched.objects.map((ref) => [ref.id, ref.type, ref.objectId]),
    [
      [`${ACTOR}#a`, 'Like', 'https://commune.test/o/1'],
      [`${ACTOR}#b`, 'Like', 'https://commune.test/o/1']
    ]
  )
  t.match(normaliseActivity(activity({ type: 'Undo', object: { type: 'Follow', object: 'https://commune.test/a' } })).objects[0], {
    id: null,
    type: 'Follow',
    actor: null,
    objectId: 'https://commune.test/a'
  })
})

t.test('attachments, emoji and places in the shapes peers really send', async (t) => {
  const read = normaliseObject(
    object({
      type: 'Event',
      attachment: [
        { type: 'PropertyValue', name: 'a', value: 'b' },
        {
          type: 'Document',
          mediaType: 'image/jpeg',
          url: [{ href: 'https://p.example/i' }],
          name: 'Alt',
          'toot:focalPoint': [3, -0.5],
          width: 10
        },
        'https://p.example/page',
        { type: 'Link', href: 'javascript:x' }
      ],
      image: { type: 'Image', url: 'https://p.example/b' },
      tag: [
        { type: 'toot:Emoji', name: ':chat:', icon: { url: 'https://p.example/e' } },
        { name: '#Été' },
        { type: 'Hashtag', name: '#2026' },
        { type: 'Mention', href: 'nope' }
      ],
      location: [
        { type: 'VirtualLocation', url: 'https://live.example' },
        { type: 'Place', name: 'Parc', address: 'Rue' }
      ],
      'sc:inLanguage': 'fr'
    })
  )
  t.same(
    read.attachments.map(({ type, url }) => [type, url]),
    [
      ['Document', 'https://p.example/i'],
      ['Link', 'https://p.example/page'],
      ['Image', 'https://p.example/b']
    ]
  )
  t.match(read.attachments[0], { name: 'Alt', width: 10, focalPoint: [1, -0.5], mediaType: 'image/jpeg' })
  t.match(read.tags, [
    { type: 'Emoji', icon: 'https://p.example/e' },
    { type: 'Hashtag', name: '#Été' }
  ])
  t.same(read.hashtags, ['ete'])
  t.match(read.place, { name: 'Parc', address: 'Rue', url: 'https://live.example' })
  t.equal(read.language, 'fr')
})

t.test('the places of Gancio: named, with a postal address, on line as a type or as an address, several, nameless', async (t) => {
  const place = (location: unknown) => normaliseObject(object({ type: 'Event', location })).place
  const hall = { id: 'https://gancio.example/federation/p/4', type: 'Place', name: 'Salle des fêtes' }
  const virtual = { type: 'VirtualLocation', url: 'https://live.example/salle' }
  const live = { id: 'https://live.example', type: 'Place', name: 'En direct', address: virtual }
  t.match(place({ ...hall, address: 'Rue Haute' }), { name: 'Salle des fêtes', address: 'Rue Haute', url: null })
  const postal = { type: 'PostalAddress', streetAddress: '15 rue Haute', postalCode: '97436', addressLocality: 'Saint-Leu' }
  t.match(place({ ...hall, id: undefined, address: postal }), { address: '15 rue Haute, 97436 Saint-Leu' })
  t.match(place(live), { name: null, address: null, url: 'https://live.example/salle' })
  t.match(place({ ...live, address: { ...virtual, url: 'javascript:x' } }), { url: 'https://live.example' })
  t.match(place([hall, { ...hall, name: 'Seconde salle' }, live]), { name: 'Salle des fêtes', url: 'https://live.example/salle' })
  t.match(place([live, hall]), { name: 'Salle des fêtes', url: 'https://live.example/salle' })
  t.equal(place({ id: hall.id, type: 'Place' }), null)
})

const here = new URL('../test/fixtures/', import.meta.url).pathname
const beside = new URL('../../../shared/fixtures/', import.meta.url).pathname
const roots = [join(here, 'captured/inbox'), join(beside, 'captured/inbox'), join(beside, 'wire'), join(beside, 'public')].filter(
  existsSync
)

t.test(
  'every document recorded from a real peer is read',
  { skip: roots.length === 0 ? 'no recorded documents here' : false },
  async (t) => {
    let documents = 0
    for (const file of roots.flatMap(jsonFiles)) {
      const json = recorded(file)
      if (json === null) continue
      documents += 1
      if (typeof json.actor === 'string' && json.type !== 'Event') t.equal(refusal(json), null, file)
      else t.equal(refusal(json, normaliseObject), null, file)
    }
    t.ok(documents > 0)
  }
)

function jsonFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(folder, name))
}

/** The activity or object in a fixture; null for files that hold something else (WebFinger, NodeInfo, bare locations). */
function recorded(file: string): Record<string, unknown> | null {
  const json = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  const body = typeof json.body === 'string' ? (JSON.parse(json.body) as Record<string, unknown>) : json
  return typeof body.type === 'string' && (typeof body.id === 'string' || typeof body.actor === 'string') ? body : null
}

t.test('P13: whatever arrives is read or refused with a 400, never anything else', async (t) => {
  const key = fc.constantFrom(
    'id',
    'type',
    'actor',
    'object',
    'to',
    'cc',
    'tag',
    'attachment',
    'content',
    'contentMap',
    'name',
    'summary',
    'url',
    'published',
    'startTime',
    'location',
    'oneOf',
    'anyOf',
    'attributedTo',
    'inReplyTo',
    '@context',
    '@graph',
    'replies',
    'icon',
    'image',
    'language',
    '__proto__'
  )
  const leaf = fc.oneof(
    fc.constantFrom(
      ACTOR,
      PUBLIC,
      'Note',
      'Create',
      'Undo',
      'Question',
      'Event',
      AS,
      'https://peer.example/n/1',
      '2026-12-05T10:00:00Z',
      null,
      true,
      -1,
      1e308
    ),
    fc.string({ unit: 'binary' })
  )
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('tree'), { maxLength: 4 }), fc.dictionary(key, tie('tree'), { maxKeys: 8 }))
  }))
  const seed = fc.record(
    {
      type: fc.constantFrom('Create', 'Update', 'Announce', 'Undo', 'Flag'),
      actor: fc.constantFrom(ACTOR, [ACTOR]),
      object: tree,
      to: tree,
      tag: tree
    },
    { requiredKeys: ['type'] }
  )
  let accepted = 0
  fc.assert(
    fc.property(fc.oneof(tree, seed), (json) => {
      for (const read of [normaliseActivity, normaliseObject]) if (refusal(json, read) === null) accepted += 1
    }),
    { numRuns: 3000 }
  )
  t.ok(accepted > 20, `${accepted} were readable`)
})

t.test('P13: reading costs work in proportion to the document', async (t) => {
  const work = (copies: number): number => {
    let reads = 0
    const watched = new Proxy(object({ type: 'Note', tag: Array.from({ length: copies }, () => ({ type: 'Hashtag', name: '#x' })) }), {
      get: (target, name) => {
        reads += 1
        return Reflect.get(target, name)
      }
    })
    normaliseObject(watched)
    return reads
  }
  t.equal(work(10_000), work(10), 'the number of looks at an object does not grow with what it holds')
})

t.test(
  'pictures are not lost: named as a link too (Lemmy), as a video’s thumbnail (PeerTube), with an escaped address (WordPress)',
  async (t) => {
    const url = 'https://peer.example/a.png'
    const pictures = (more: Record<string, unknown>): string[] =>
      normaliseObject(object(more)).attachments.map((one) => `${one.type} ${one.url}`)
    t.same(pictures({ attachment: [{ type: 'Link', href: url }], image: { type: 'Image', url } }), [`Image ${url}`])
    const icon = [
      { type: 'Image', url: 'https://peer.example/small.png', width: 280 },
      { type: 'Image', url, width: 850 }
    ]
    t.same(pictures({ type: 'Video', icon }), [`Image ${url}`], 'the larger one')
    t.same(pictures({ type: 'Note', icon }), [], 'an icon of something else is no picture of it')
    t.same(pictures({ image: { type: 'Image', url: `${url}?a=1&#038;b=2` } }), [`Image ${url}?a=1&b=2`])
  }
)
t.test('J05, J07, J09: what is refused for its shape costs no more than its bytes, in processor time', async (t) => {
  const budget = (name: string, text: string, milliseconds: number): void => {
    const bytes = Buffer.from(text)
    const used = cpuMsOf(() => refusal(bytes, (read) => normaliseActivity(parseJson(read as Buffer))))
    t.ok(used <= milliseconds, `${name}: ${used} ms of ${milliseconds}`)
    t.not(
      refusal(bytes, (read) => normaliseActivity(parseJson(read as Buffer))),
      null,
      `${name} is refused`
    )
  }
  for (const body of ['[]', 'null', '"x"', '{"type":["Create","Delete"]}', '{', '']) budget(`J05 ${body}`, body, 5)
  for (const depth of [1_500, 100_000]) {
    budget(`J07 ${depth} arrays`, `{"type":"Create","x":${'['.repeat(depth)}${']'.repeat(depth)}}`, 5)
    budget(`J07 ${depth} objects`, `{"type":"Create","x":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`, 5)
  }
  const chained = Array.from({ length: 600 }, (_item, at) => ({ [`t${at}`]: `https://evil.test/${at}#`, [`u${at}`]: `t${at}:x` }))
  budget('J09 600 contexts', JSON.stringify(activity({ '@context': [AS, ...chained] })), 20)
  const each = Array.from({ length: 1500 }, (_item, at) => ({
    '@context': { [`t${at}`]: 'https://evil.test/#' },
    type: 'Hashtag',
    name: `#${at}`
  }))
  budget('J09 1500 objects with contexts', JSON.stringify(activity({ object: object({ tag: each }) })), 20)
})

t.test('Communecter: its irregular shapes are read as what others say with the same meaning', async (t) => {
  const documents = new Map(communecterDocuments().map(({ name, json }) => [name.replace(/^communecter\/|\.json$/g, ''), json]))
  const read = (name: string): NormActivity => normaliseActivity(documents.get(name))
  const here = 'https://communecter.example/api/activitypub'
  const [bob, alice, jardin] = [
    `${here}/users/u/bob`,
    'https://saint-leu.example/ap/actors/alice',
    'https://saint-leu.example/ap/actors/jardin'
  ]
  for (const [name, type] of [
    ['join', 'Join'],
    ['join-with-role', 'Join'],
    ['leave', 'Leave'],
    ['withdraw', 'Leave']
  ] as const)
    t.match(read(name), { type, actor: bob, objects: [{ id: jardin, type: null }], target: null }, name)
  t.match(
    read('invite'),
    { type: 'Invite', objects: [{ id: alice }], target: `${here}/events/e/recolte` },
    'who is a person is known later'
  )
  t.match(read('offer'), { type: 'Offer', objects: [{ id: alice }], target: `${here}/projects/p/verger` })
  t.match(read('offer-badge'), { type: 'Offer', objects: [{ type: 'Badge', id: `${here}/badges/b/jardinier` }], target: alice })
  t.match(read('accept-join').objects, [{ type: 'Join', actor: alice, objectId: `${here}/projects/p/verger` }])
  t.match(read('create-bare').objects, [{ id: `${here}/objects/o/1`, object: null }])
  t.match(read('create-project').objects, [{ object: { type: 'Project', name: 'Verger partagé', attributedTo: bob } }])
  t.match(read('create-badge').objects, [{ object: { type: 'Badge', name: 'Jardinier' } }])
  t.match(readActorDocument(documents.get('actor-project')), { type: 'Group', kind: 'project', username: 'verger', doc: { type: 'Group' } })
  t.match(readActorDocument(documents.get('actor-person')), { type: 'Person', kind: null, username: 'bob' })
  t.match(readActorDocument(documents.get('actor-organization')), { type: 'Group', username: 'ressourcerie' })
  t.equal(normaliseActivity({ ...documents.get('withdraw'), target: undefined }).type, 'Delete', 'without a target an account ends')
  t.equal(normaliseActivity({ ...documents.get('withdraw'), object: alice }).type, 'Delete', 'nobody leaves for somebody else')
})
