// Feeds as readers and calendars get them.
import t from 'tap'
import { buildApp } from '../app.ts'
import { createEvent } from '../features/events/create-event.ts'
import { cancelEvent } from '../features/events/edit-event.ts'
import { createSeries } from '../features/events/series.ts'
import { boostObject } from '../features/wall/boost.ts'
import { createNote } from '../features/wall/create-note.ts'
import { testContext } from '../test/context.ts'
import { localPerson } from '../test/people.ts'

t.test('the commune’s and a person’s Atom feed hold public first posts and nothing else (V03)', async (t) => {
  const { ctx } = await testContext(t)
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const [alice, bea] = [await localPerson(ctx, 'alice'), await localPerson(ctx, 'bea')]
  const post = await createNote(ctx, alice, { text: 'Bonjour <tous> & toutes \u0007' })
  await createNote(ctx, alice, { text: 'abonnés seulement', visibility: 'followers' })
  await createNote(ctx, alice, { text: 'non listé', visibility: 'unlisted' })
  await createNote(ctx, bea, { text: 'une réponse', inReplyToId: post.id })
  await boostObject(ctx, bea, post)
  for (const url of ['/feed.atom', '/@alice/feed.atom']) {
    const answer = await app.inject(url)
    t.match(answer.headers['content-type'], 'application/atom+xml')
    t.match(answer.body, `<id>${post.iri}</id>`)
    t.equal(answer.body.match(/<entry>/g)?.length, 1)
    t.notMatch(answer.body, /abonnés|non listé|réponse|\u0007/)
    const again = await app.inject({ url, headers: { 'if-none-match': String(answer.headers['etag']) } })
    t.same([again.statusCode, again.body], [304, ''])
  }
  t.equal((await app.inject('/@bea/feed.atom')).body.match(/<entry>/g), null)
  t.equal((await app.inject('/@personne/feed.atom')).statusCode, 404)
})

t.test('a calendar keeps an event under one UID and says when it is cancelled', async (t) => {
  const { ctx } = await testContext(t, { startAt: new Date('2026-11-22T12:00:00Z') })
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const alice = await localPerson(ctx, 'alice')
  const input = {
    title: 'Fête du jardin',
    start: '2026-12-12T14:00',
    timezone: 'Indian/Reunion',
    location: { name: 'Jardin', latitude: -21.5, longitude: 55.5 }
  }
  const event = await createEvent(ctx, alice, input)
  await createEvent(ctx, alice, { ...input, title: 'Entre nous', visibility: 'followers' })
  const before = (await app.inject('/agenda.ics')).body
  t.match(before, `UID:${event.iri}`)
  t.match(before, 'DTSTART:20261212T100000Z')
  t.match(before, 'LOCATION:Jardin')
  t.match(before, 'STATUS:CONFIRMED')
  t.notMatch(before, 'Entre nous')
  await cancelEvent(ctx, { role: 'member', actorId: alice.id }, event)
  const after = await app.inject('/@alice/agenda.ics')
  t.match(after.headers['content-type'], 'text/calendar')
  t.match(after.body, `UID:${event.iri}`)
  t.match(after.body, 'STATUS:CANCELLED')
  t.match(after.body, 'SEQUENCE:1')
})

t.test('a choice of the agenda is a calendar, and a map, of its own', async (t) => {
  const { ctx } = await testContext(t, { startAt: new Date('2026-11-22T12:00:00Z') })
  const app = await buildApp(ctx)
  t.teardown(() => app.close())
  const alice = await localPerson(ctx, 'alice')
  const timezone = 'Europe/Paris'
  const place = { name: 'Salle des fêtes', latitude: 48.5, longitude: 2.5 }
  await createEvent(ctx, alice, { title: 'Compost', start: '2026-12-12T14:00', timezone, tags: ['jardin'], location: place })
  await createEvent(ctx, alice, { title: 'Loto', start: '2026-12-13T14:00', timezone, location: { name: 'École' } })
  await createEvent(ctx, alice, { title: 'Entre nous', start: '2026-12-13T14:00', timezone, tags: ['jardin'], visibility: 'followers' })
  await createSeries(ctx, alice, { title: 'Semis', start: '2026-12-01T10:00', timezone, tags: ['jardin'] }, { rule: 'FREQ=WEEKLY' })
  await createSeries(ctx, alice, { title: 'Marché', start: '2026-12-05T10:00', timezone }, { rule: 'FREQ=WEEKLY' })
  const titles = async (query: string): Promise<string[]> =>
    [...(await app.inject(`/agenda.ics${query}`)).body.matchAll(/SUMMARY:(.*)/g)].map(([, title]) => title!.trim()).sort()
  t.same(await titles(''), ['Compost', 'Loto', 'Marché', 'Marché', 'Semis', 'Semis'], 'what comes again: the next date, and the rule')
  t.same(await titles('?theme=%23Jardin'), ['Compost', 'Semis', 'Semis'])
  t.same(await titles('?lieu=salle%20des%20fetes'), ['Compost'])
  t.same(await titles('?theme=-'), [])
  const { headers, body } = await app.inject('/@alice/agenda.geojson?theme=jardin')
  t.match(headers, { 'content-type': /^application\/geo\+json/, 'access-control-allow-origin': '*' })
  t.match(JSON.parse(body), {
    type: 'FeatureCollection',
    features: [
      { geometry: null, properties: { name: 'Semis' } },
      {
        type: 'Feature',
        geometry: { type: 'Point', coordinates: [2.5, 48.5] },
        properties: { name: 'Compost', startTime: '2026-12-12T14:00:00+01:00', place: 'Salle des fêtes', organizer: 'alice' }
      }
    ]
  })
})
