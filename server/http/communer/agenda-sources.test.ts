// Agendas of elsewhere: read once, announced from now on, changed, cancelled, and never twice.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { doChores } from '../../jobs/chores.ts'
import { create, note, receive } from '../../test/arrivals.ts'
import { clientScene } from '../../test/client.ts'
import { testInternet } from '../../test/internet.ts'
import { getActorByIri } from '../../protocol/actors.ts'

const HOUR = 3_600_000
const shape = (name: string): string => readFileSync(new URL(`../../test/calendars/${name}.ics`, import.meta.url), 'utf8')

async function scene(t: Parameters<typeof clientScene>[0]) {
  const test = await clientScene(t, { startAt: new Date('2026-10-01T06:00:00Z') })
  const internet = await testInternet(t, test.ctx)
  const other = internet.host('other.test')
  const serve = (path: string, text: string, type = 'text/calendar') =>
    other.on(path, (request, response) => {
      const etag = `"${text.length}"`
      if (request.headers['if-none-match'] === etag) response.writeHead(304).end()
      else response.writeHead(200, { 'content-type': type, etag }).end(text)
    })
  const chores = async (): Promise<void> => {
    while ((await doChores(test.ctx)) > 0);
  }
  const later = async (hours: number): Promise<void> => {
    test.clock.advance(hours * HOUR)
    await chores()
  }
  const agenda = async (query = '') => (await test.anyone('GET', `/api/communer/v1/events?limit=100${query}`)).json
  await test.alice.call('POST', '/api/communer/v1/groups', { name: 'Comité des fêtes', username: 'comite', openness: 'open' })
  const sources = async () => (await test.alice.call('GET', '/api/communer/v1/groups/comite/agendas')).json
  const follow = (url: string) => test.alice.call('POST', '/api/communer/v1/groups/comite/agendas', { url })
  return { ...test, internet, other, serve, chores, later, agenda, sources, follow }
}

t.test(
  'a group announces a calendar of elsewhere: occurrences, changes and cancellations follow, and what it deletes stays away',
  async (t) => {
    const { alice, serve, other, chores, later, agenda, sources, follow } = await scene(t)
    serve('/fetes.ics', shape('google'))
    const added = await follow('webcal://other.test/fetes.ics')
    t.equal(added.status, 201, JSON.stringify(added.json))
    t.match(added.json, { name: 'Comité des fêtes', kind: 'calendar', state: 'active', url: 'https://other.test/fetes.ics' })
    await chores()
    const first = await agenda()
    t.same(
      first.map(({ start }: { start: string }) => start),
      [
        '2026-10-03T09:00:00+02:00',
        '2026-10-10T09:00:00+02:00',
        '2026-10-17T09:00:00+02:00',
        '2026-10-24T09:00:00+02:00',
        '2026-11-07T14:00:00+01:00',
        '2026-11-14T09:00:00+01:00',
        '2026-11-21T09:00:00+01:00'
      ],
      'a ceremony that was cancelled before is not announced'
    )
    t.match(first[0], {
      organizer: { acct: 'comite' },
      author: { acct: 'alice' },
      joinMode: 'none',
      location: { address: '61110 Saint-Leu' }
    })
    t.match(await sources(), [{ announced: 7, waiting: 0, problem: null }])
    const asked = other.seen.length
    await later(5)
    t.equal(other.seen.length, asked + 1)
    t.equal((await agenda()).length, 7, 'an edition that is known changes nothing')

    t.equal((await alice.call('DELETE', `/api/communer/v1/events/${first[1].id}`)).status, 200)
    const moved = shape('google')
      .replace('SUMMARY:Marché du samedi (', 'SUMMARY:Marché de Noël (')
      .replace('EXDATE;TZID=Europe/Paris:20261031T090000', 'EXDATE;TZID=Europe/Paris:20261031T090000,20261017T090000')
    serve('/fetes.ics', moved)
    await later(5)
    const second = await agenda()
    t.match(
      second.map(({ title, status }: { title: string; status: string }) => [title, status]),
      [
        ['Marché du samedi', 'CONFIRMED'],
        ['Marché du samedi', 'CANCELLED'],
        ['Marché du samedi', 'CONFIRMED'],
        [/^Marché de Noël/, 'CONFIRMED'],
        ['Marché du samedi', 'CONFIRMED'],
        ['Marché du samedi', 'CONFIRMED']
      ],
      'deleted here: stays away; gone there: cancelled; changed there: changed'
    )
    serve('/fetes.ics', 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n')
    await later(5)
    t.equal((await agenda()).filter(({ status }: { status: string }) => status === 'CANCELLED').length, 1, 'an empty file cancels nothing')
  }
)

t.test('many events are announced in small steps; a server that fails is asked less and less, then no more', async (t) => {
  const { serve, other, chores, later, agenda, sources, follow, alice } = await scene(t)
  const many = Array.from(
    { length: 45 },
    (_, at) =>
      `BEGIN:VEVENT\r\nUID:${at}\r\nSUMMARY:Atelier numéro ${at}\r\nDTSTART:202610${String(2 + Math.floor(at / 2)).padStart(2, '0')}T${at % 2 === 0 ? '08' : '16'}0000Z\r\nEND:VEVENT\r\n`
  )
  serve('/many.ics', `BEGIN:VCALENDAR\r\nVERSION:2.0\r\n${many.join('')}END:VCALENDAR`)
  const { id } = (await follow('https://other.test/many.ics')).json
  await chores()
  t.equal((await agenda()).length, 20)
  t.match(await sources(), [{ announced: 20, waiting: 25 }])
  await later(1.1)
  await later(1.1)
  t.match(await sources(), [{ announced: 45, waiting: 0 }])
  other.on('/many.ics', 500)
  await later(5)
  t.match(await sources(), [{ problem: { code: 'fetch.unreachable', text: /ne répond pas/ }, state: 'active' }])
  for (let at = 0; at < 12; at += 1) await later(80)
  t.match(await sources(), [{ state: 'paused' }])
  const before = other.seen.length
  await later(200)
  t.equal(other.seen.length, before)
  serve('/many.ics', `BEGIN:VCALENDAR\r\nVERSION:2.0\r\n${many.join('')}END:VCALENDAR`)
  t.equal((await alice.call('PATCH', `/api/communer/v1/agendas/${id}`, { state: 'active' })).status, 200)
  await chores()
  t.match(await sources(), [{ state: 'active', problem: null }])
  t.equal((await alice.call('DELETE', `/api/communer/v1/agendas/${id}`)).status, 200)
  t.same(await sources(), [])
})

t.test('one event that several announce is shown once, with everybody who announces it', async (t) => {
  const { ctx, internet, serve, chores, agenda, follow, bea, anyone } = await scene(t)
  const peer = await getActorByIri(ctx, internet.host('peer.test').actor('mobilizon', { name: 'Le Petit Théâtre' }).iri)
  await bea.call('POST', `/api/v1/accounts/${peer.id}/follow`)
  await ctx.db('follows').update({ state: 'accepted' })
  const place = { type: 'Place', name: 'Salle des fêtes', latitude: 48.5002, longitude: 0.1002 }
  const json = note(peer, {
    type: 'Event',
    content: '<p>Venez</p>',

    name: 'Les Voisins en concert',
    startTime: '2026-10-17T18:00:00Z',
    endTime: '2026-10-17T20:00:00Z',
    location: place
  })
  await receive(ctx, create(peer, json))
  await chores()
  serve('/pays.ics', shape('openagenda'))
  await follow('https://other.test/pays.ics')
  await chores()
  const [concert, second, ...more] = await agenda()
  t.same(more, [])
  t.match(concert, {
    title: 'Les Voisins en concert',
    alsoAnnouncedBy: [{ name: 'Agenda du pays', url: 'https://openagenda.com/fr/pays/events/concert' }]
  })
  t.match(second, { start: '2026-10-18T19:00:00+04:00', organizer: { acct: 'comite' }, alsoAnnouncedBy: [] })

  const own = await bea.call('POST', '/api/communer/v1/events', {
    title: 'Concert : « Les Voisins »',
    start: '2026-10-17T20:00',
    timezone: 'Europe/Paris',
    location: { name: 'Salle des fêtes', latitude: 48.5, longitude: 0.1 }
  })
  t.equal(own.status, 201)
  await chores()
  const shown = await agenda()
  t.equal(shown.length, 2)
  t.match(shown[0], { id: own.json.id, alsoAnnouncedBy: [{ name: 'Le Petit Théâtre (peer.test)' }] }, 'what is announced here comes first')
  t.equal((await agenda('&group=mobilizon@peer.test')).length, 1, 'whose agenda it is shows its own')
  await bea.call('PATCH', `/api/communer/v1/events/${own.json.id}`, { start: '2026-10-17T15:00' })
  await chores()
  t.equal((await agenda()).length, 3, 'at another hour it is another event')
  await bea.call('PATCH', `/api/communer/v1/events/${own.json.id}`, { start: '2026-10-17T20:00' })
  await chores()
  t.equal((await agenda()).length, 2)
  await bea.call('DELETE', `/api/communer/v1/events/${own.json.id}`)
  t.match((await agenda())[0], { title: 'Les Voisins en concert' }, 'when one is deleted, the other is shown again')
  t.equal((await anyone('GET', `/api/communer/v1/events/${concert.id}`)).status, 200)
})

t.test(
  'a feed is read page by page; an address fills the form of an event; strangers and members who do not moderate add nothing',
  async (t) => {
    const { serve, chores, agenda, follow, sources, alice, bea, anyone, other } = await scene(t)
    const page = (name: string, start: string): string =>
      `<script type="application/ld+json">${JSON.stringify({ '@type': 'Event', name, startDate: start, location: 'Mairie' })}</script>`
    serve(
      '/feed',
      '<rss><channel><title>Théâtre</title><item><link>/p1</link></item><item><link>/p2</link></item><item><link>/none</link></item></channel></rss>',
      'application/rss+xml'
    )
    serve('/p1', page('Le Malade imaginaire', '2026-10-09T20:30'), 'text/html')
    serve('/p2', page('Antigone', '2026-10-10T20:30'), 'text/html')
    serve('/none', '<p>Actualité</p>', 'text/html')
    t.match((await follow('https://other.test/feed')).json, { kind: 'feed', name: 'Théâtre' })
    await chores()
    t.match(await agenda(), [
      { title: 'Le Malade imaginaire', joinMode: 'external', externalParticipationUrl: 'https://other.test/p1' },
      { title: 'Antigone' }
    ])
    t.match(await sources(), [{ announced: 2 }])

    const read = (url: string, who = alice.call) => who('POST', '/api/communer/v1/events/read', { url })
    t.match((await read('https://other.test/p1')).json, [
      {
        title: 'Le Malade imaginaire',
        start: '2026-10-09T20:30',
        timezone: 'Indian/Reunion',
        location: { name: 'Mairie' },
        url: 'https://other.test/p1'
      }
    ])
    t.match((await read('https://other.test/none')).json, { code: 'agenda.nothing' })
    t.match((await read('https://other.test/feed')).json, { code: 'agenda.feed' })
    t.match((await read('http://127.0.0.1:5432/')).json, { code: 'fetch.refused' })
    t.match((await read('file:///etc/passwd')).json, { code: 'agenda.address' })
    serve('/big', 'x'.repeat(6 * 1024 * 1024), 'text/calendar')
    t.match((await read('https://other.test/big')).json, { code: /^fetch\./ })
    t.equal((await read('https://other.test/p1', anyone)).status, 401)
    t.match((await follow('https://other.test/p1')).json, { code: 'agenda.page' })
    t.match((await follow('https://other.test/feed')).json, { code: 'agenda.known' })
    const add = (who: typeof bea) => who.call('POST', '/api/communer/v1/groups/comite/agendas', { url: 'https://other.test/p2' })
    t.equal((await add(bea)).status, 403)
    await bea.call('POST', '/api/communer/v1/groups/comite/join')
    t.equal((await add(bea)).status, 403)
    const [{ id }] = await sources()
    t.equal((await bea.call('DELETE', `/api/communer/v1/agendas/${id}`)).status, 403)
    const asked = other.seen.length
    for (let at = 0; at < 12; at += 1) await read('https://other.test/p1')
    t.ok(other.seen.length - asked <= 10, 'one person asks other servers a few times a minute')
  }
)
