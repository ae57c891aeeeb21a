// The agenda as readers of news, sites and calendars take it: the same choice in every form, and nothing twice over the wire.
import ICAL from 'ical.js'
import { parseDocument } from 'htmlparser2'
import t from 'tap'
import { buildApp } from '../app.ts'
import { createEvent } from '../features/events/create-event.ts'
import { cancelEvent } from '../features/events/edit-event.ts'
import { createSeries } from '../features/events/series.ts'
import { deleteObject } from '../features/wall/delete-object.ts'
import { testContext } from '../test/context.ts'
import { localGroup, localPerson } from '../test/people.ts'

const { ctx } = await testContext(t, { startAt: new Date('2026-12-10T12:00:00Z') })
const app = await buildApp(ctx)
t.teardown(() => app.close())
const alice = await localPerson(ctx, 'alice')
await localGroup(ctx, 'jardin', alice)
const timezone = 'Europe/Paris'
const place = { name: 'Salle des fêtes', address: '1 rue Haute & Basse', latitude: 48.5, longitude: 2.5 }
const compost = await createEvent(ctx, alice, {
  title: 'Compost',
  description: 'Venez avec vos seaux.',
  start: '2026-12-12T14:00',
  end: '2026-12-12T16:00',
  timezone,
  tags: ['jardin'],
  location: place,
  as: 'jardin'
})
await createEvent(ctx, alice, { title: 'Loto', start: '2026-12-13T14:00', timezone, location: { name: 'École' } })
await createEvent(ctx, alice, { title: 'Hier', start: '2026-12-09T14:00', timezone })
for (const visibility of ['followers', 'unlisted'] as const)
  await createEvent(ctx, alice, { title: `Entre nous, ${visibility}`, start: '2026-12-13T14:00', timezone, visibility, tags: ['jardin'] })

const atomTitles = async (path: string): Promise<string[]> =>
  [...(await app.inject(path)).body.matchAll(/<entry>\s*<title type="html"><!\[CDATA\[(.*?)\]\]>/g)].map(([, title]) => title!)
const jsonTitles = async (path: string): Promise<string[]> => {
  const feed = (await app.inject(path)).json() as { items: { title: string }[] }
  return feed.items.map(({ title }) => title)
}
const icalEvents = async (path: string): Promise<ICAL.Event[]> =>
  new ICAL.Component(ICAL.parse((await app.inject(path)).body)).getAllSubcomponents('vevent').map((one) => new ICAL.Event(one))
const icalTitles = async (path: string): Promise<string[]> => (await icalEvents(path)).map(({ summary }) => summary)

t.test('as Atom and as JSON it holds what is coming and public, with date and place in words', async (t) => {
  const atom = await app.inject('/agenda.atom')
  t.match(atom.headers, { 'content-type': /^application\/atom\+xml/, 'access-control-allow-origin': '*' })
  t.same(await atomTitles('/agenda.atom'), ['Compost', 'Loto'])
  t.match(atom.body, /Samedi 12 décembre 2026, 14 h – 16 h · Salle des fêtes, 1 rue Haute &amp; Basse/)
  t.match(atom.body, '<link rel="self" href="https://commune.test/agenda.atom"/>')
  t.equal(parseDocument(atom.body, { xmlMode: true }).children.filter(({ type }) => type === 'tag').length, 1)
  const json = await app.inject('/agenda.json')
  t.match(json.headers, { 'content-type': /^application\/feed\+json/, 'access-control-allow-origin': '*' })
  const feed = json.json() as { items: unknown[] }
  t.match(feed, {
    version: 'https://jsonfeed.org/version/1.1',
    home_page_url: 'https://commune.test/agenda',
    feed_url: 'https://commune.test/agenda.json'
  })
  t.match(feed.items[0], {
    id: compost.iri,
    title: 'Compost',
    summary: /^Samedi 12 décembre 2026, 14 h/,
    content_html: /Venez avec vos seaux/,
    authors: [{ name: 'jardin' }],
    tags: ['jardin'],
    _event: {
      start: '2026-12-12T14:00:00+01:00',
      end: '2026-12-12T16:00:00+01:00',
      timezone,
      status: 'CONFIRMED',
      place: { name: 'Salle des fêtes', latitude: 48.5 }
    }
  })
  t.equal(feed.items.length, 2)
})

t.test('every form takes the filters of the page: group, theme, place, days', async (t) => {
  for (const [query, expected] of [
    ['?groupe=jardin', ['Compost']],
    ['?theme=%23Jardin', ['Compost']],
    ['?lieu=ecole', ['Loto']],
    ['?du=2026-12-13', ['Loto']],
    ['?au=2026-12-12', ['Compost']],
    ['?du=2026-12-12&au=2026-12-13', ['Compost', 'Loto']],
    ['?quand=week-end', ['Compost', 'Loto']],
    ['?quand=jour', []],
    ['?theme=-', []]
  ] as const) {
    t.same(await atomTitles(`/agenda.atom${query}`), expected, `atom ${query}`)
    t.same(await jsonTitles(`/agenda.json${query}`), expected, `json ${query}`)
  }
  t.same(await icalTitles('/agenda.ics?du=2026-12-09&au=2026-12-12'), ['Hier', 'Compost'], 'a calendar has past days, too')
  t.same(await icalTitles('/agenda.ics?quand=week-end'), ['Compost', 'Loto'])
  t.same(await jsonTitles('/@jardin/agenda.json'), ['Compost'])
  t.same(await atomTitles('/@jardin/agenda.atom'), ['Compost'])
  const chosen = (await app.inject('/agenda.json?theme=jardin&inconnu=1&lieu=')).json()
  t.match(chosen, { title: /\(#jardin\)$/, feed_url: 'https://commune.test/agenda.json?theme=jardin' })
})

t.test('what organisers say of coming is a choice, too, for dates that are not announced yet as well', async (t) => {
  const practical = { price: 0, forChildren: true, accessibility: ['wheelchair'], category: 'WORKSHOP', tags: ['pratique'] }
  await createEvent(ctx, alice, { title: 'Atelier', start: '2026-12-18T14:00', timezone, location: place, ...practical })
  const visio = { title: 'Visio', start: '2026-12-18T18:00', timezone, location: { url: 'https://visio.example/x' }, tags: ['pratique'] }
  await createEvent(ctx, alice, visio)
  await createSeries(ctx, alice, { title: 'Club', start: '2026-12-18T10:00', timezone, ...practical }, { rule: 'FREQ=WEEKLY' })
  const everything = ['Atelier', 'Club', 'Club', 'Visio']
  for (const [query, expected] of [
    ['', everything],
    ['&gratuit=1', ['Atelier', 'Club', 'Club']],
    ['&enfants=1', ['Atelier', 'Club', 'Club']],
    ['&acces=1', ['Atelier', 'Club', 'Club']],
    ['&categorie=workshop', ['Atelier', 'Club', 'Club']],
    ['&categorie=COMMUNITY', ['Visio']],
    ['&enligne=1', ['Visio']],
    ['&par=ALICE', ['Atelier', 'Club', 'Visio']],
    ['&par=personne', []],
    ['&km=999', []]
  ] as const) {
    t.same((await icalTitles(`/agenda.ics?theme=pratique${query}`)).sort(), expected, query)
    t.same((await jsonTitles(`/agenda.json?theme=pratique${query}`)).sort(), [...new Set(expected)], query)
  }
  const { latitude, longitude } = ctx.site!
  await createEvent(ctx, alice, { ...visio, title: 'Ici même', location: { name: 'Ici', latitude, longitude } })
  t.same(await jsonTitles('/agenda.json?theme=pratique&km=5'), ['Ici même'])
  const asked = async (query: string): Promise<string[]> =>
    ((await app.inject(`/api/communer/v1/events?theme=pratique${query}`)).json() as { title: string }[]).map(({ title }) => title).sort()
  t.same(await asked('&online=true'), ['Visio'], 'the API knows them, too')
  t.same(await asked('&category=WORKSHOP'), ['Atelier', 'Club'])
})

t.test('a group there is not, and days that are none, are said to be wrong', async (t) => {
  for (const ending of ['ics', 'atom', 'json', 'geojson']) {
    t.equal((await app.inject(`/agenda.${ending}?groupe=personne`)).statusCode, 404, ending)
    t.equal((await app.inject(`/@personne/agenda.${ending}`)).statusCode, 404, ending)
    t.equal((await app.inject(`/agenda.${ending}?du=hier`)).statusCode, 422, ending)
    t.equal((await app.inject(`/agenda.${ending}?au=2026-02-30`)).statusCode, 422, ending)
  }
})

t.test('what a reader has already is not sent again; what was called off or deleted is', async (t) => {
  const event = await createEvent(ctx, alice, { title: 'Bal', start: '2026-12-20T20:00', timezone })
  const gone = await createEvent(ctx, alice, { title: 'Banquet', start: '2026-12-20T12:00', timezone })
  for (const change of [
    () => cancelEvent(ctx, { role: 'member', actorId: alice.id }, event),
    () => deleteObject(ctx, { role: 'member', actorId: alice.id }, gone)
  ]) {
    const before = new Map<string, string>()
    for (const ending of ['ics', 'atom', 'json', 'geojson']) {
      const { headers } = await app.inject(`/agenda.${ending}`)
      t.match(headers, { 'last-modified': /GMT$/, 'cache-control': /public/ }, ending)
      before.set(ending, String(headers['etag']))
      const again = await app.inject({ url: `/agenda.${ending}`, headers: { 'if-none-match': before.get(ending) } })
      t.same([again.statusCode, again.body], [304, ''], ending)
    }
    await change()
    for (const [ending, etag] of before)
      t.equal((await app.inject({ url: `/agenda.${ending}`, headers: { 'if-none-match': etag } })).statusCode, 200, ending)
  }
  t.same((await jsonTitles('/agenda.json?du=2026-12-20')).sort(), ['[ANNULÉ] Bal'])
  t.same(await atomTitles('/agenda.atom?du=2026-12-20'), ['[ANNULÉ] Bal'])
})

t.test('of what comes again, a calendar with a last day has the dates up to it, any other the rule', async (t) => {
  const marche = { title: 'Marché', start: '2026-12-12T09:00', end: '2026-12-12T12:00', timezone, tags: ['marche'] }
  await createSeries(ctx, alice, marche, { rule: 'FREQ=WEEKLY;BYDAY=SA', except: ['2027-01-02'] })
  const dates = async (query: string): Promise<string[]> =>
    (await icalEvents(`/agenda.ics?theme=marche${query}`)).map(({ startDate }) => startDate.toJSDate().toISOString().slice(0, 10)).sort()
  const january = await dates('&du=2027-01-01&au=2027-01-31')
  t.same(january, ['2027-01-09', '2027-01-16', '2027-01-23', '2027-01-30'])
  const ends = (await icalEvents('/agenda.ics?theme=marche&du=2027-01-01&au=2027-01-31')).map(({ duration }) => duration.toSeconds())
  t.same(new Set(ends), new Set([3 * 3600]))
  const [rule] = (await icalEvents('/agenda.ics?theme=marche&du=2027-01-01')).filter((event) => event.isRecurring())
  t.equal(rule?.startDate.toJSDate().toISOString(), '2027-01-09T08:00:00.000Z', 'the first date from the first day on')
  t.equal((await icalEvents('/agenda.ics?theme=marche')).filter((event) => event.isRecurring()).length, 1)
})
