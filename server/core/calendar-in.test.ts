// Calendar files as the programs of associations write them, and as nobody should.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { readCalendar, type FoundCalendar } from './calendar-in.ts'

const WINDOW = { from: new Date('2026-10-01T00:00:00Z'), to: new Date('2027-04-01T00:00:00Z'), timezone: 'Europe/Paris' }
const read = (text: string): FoundCalendar => readCalendar(text, WINDOW)
const file = (name: string): FoundCalendar => read(readFileSync(new URL(`../test/calendars/${name}.ics`, import.meta.url), 'utf8'))
const starts = ({ events }: FoundCalendar): string[] => events.map(({ start }) => start.toISOString())

t.test('Google: a weekly market over the change of the clock, one Saturday left out, one moved, a whole day', async (t) => {
  const found = file('google')
  t.equal(found.name, 'Comité des fêtes')
  t.same(starts(found), [
    '2026-10-03T07:00:00.000Z',
    '2026-10-10T07:00:00.000Z',
    '2026-10-17T07:00:00.000Z',
    '2026-10-24T07:00:00.000Z',
    '2026-11-07T13:00:00.000Z',
    '2026-11-10T23:00:00.000Z',
    '2026-11-14T08:00:00.000Z',
    '2026-11-21T08:00:00.000Z'
  ])
  t.match(found.events[0], {
    uid: 'marche@google.com',
    occurrence: '2026-10-03T07:00:00.000Z',
    title: 'Marché du samedi',
    description: /^Producteurs du coin\nRenseignements : ici$/,
    timezone: 'Europe/Paris',
    place: { name: 'Place de l’Église'.replace('’', "'"), address: '61110 Saint-Leu' },
    end: new Date('2026-10-03T10:30:00Z')
  })
  t.match(found.events[4], { occurrence: '2026-11-07T08:00:00.000Z', title: /après-midi/, place: { name: 'Salle des fêtes' } })
  t.match(found.events[5], { title: 'Cérémonie', isAllDay: true, status: 'CANCELLED', end: new Date('2026-11-11T22:59:00Z'), place: null })
  t.equal(found.skipped, 0)
})

t.test('Nextcloud: the third Wednesday three times and one more, a duration, a position, categories', async (t) => {
  const found = file('nextcloud')
  t.same(starts(found), ['2026-10-21T14:00:00.000Z', '2026-11-18T15:00:00.000Z', '2026-12-16T15:00:00.000Z', '2026-12-23T15:00:00.000Z'])
  t.match(found.events[0], {
    status: 'TENTATIVE',
    description: 'Pour les 4–8 ans.\nSur inscription, places limitées.',
    place: { name: null, address: '3 rue des Lilas, Saint-Leu', latitude: 48.5, longitude: 0.1 },
    url: 'https://biblio.example/contes',
    tags: ['Jeunesse', 'Lecture'],
    end: new Date('2026-10-21T15:00:00Z')
  })
})

t.test('Outlook: a zone of Windows, a whole day excluded, a broken line', async (t) => {
  const found = file('outlook')
  t.same(starts(found), ['2026-10-15T16:00:00.000Z', '2026-10-22T16:00:00.000Z', '2026-11-05T17:00:00.000Z', '2026-11-12T17:00:00.000Z'])
  t.match(found.events[0], { timezone: 'Europe/Paris', description: '', place: { name: 'Mairie', address: null } })
})

t.test('OpenAgenda: moments in UTC on the clock of the commune; zero and zero are no position', async (t) => {
  const found = file('openagenda')
  t.equal(found.name, 'Agenda du pays')
  t.match(found.events, [
    { start: new Date('2026-10-17T18:00:00Z'), timezone: 'Europe/Paris', place: { latitude: 48.5001 } },
    { place: { name: 'Salle des fêtes', address: 'Place du marché, Saint-Leu', latitude: null } }
  ])
})

t.test('E06: what is hostile or broken ends soon and says so', async (t) => {
  const event = (lines: string): string =>
    `BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:x\r\nSUMMARY:x\r\nDTSTART:20200101T100000Z\r\n${lines}\r\nEND:VEVENT\r\nEND:VCALENDAR`
  for (const rule of [
    'FREQ=SECONDLY',
    'FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30',
    'FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30',
    'FREQ=WEEKLY;INTERVAL=0',
    'FREQ=YEARLY;BYWEEKNO=99;BYDAY=XX',
    'FREQ=NONSENSE',
    `FREQ=DAILY;BYHOUR=${Array.from({ length: 24 }, (_, at) => at).join(',')};BYMINUTE=${Array.from({ length: 60 }, (_, at) => at).join(',')}`
  ]) {
    const before = process.cpuUsage()
    const found = read(event(`RRULE:${rule}`))
    t.ok(found.events.length <= 200, rule)
    t.ok(process.cpuUsage(before).user < 1_500_000, `${rule} ends soon`)
  }
  for (const text of ['', '<html>', 'BEGIN:VCARD\nEND:VCARD', 'BEGIN:VCALENDAR\nBEGIN:VEVENT', '\u0000'])
    t.throws(() => read(text), { code: 'calendar.unreadable', status: 422 }, JSON.stringify(text))
  t.match(read(event('DTEND:20190101T100000Z\r\nURL:javascript:alert(1)')).events, [])
  const late = event('URL:javascript:alert(1)\r\nDESCRIPTION:a\u202eb').replace('20200101', '20261225')
  t.match(read(late).events, [{ url: null, description: 'a b', end: null }])
  t.equal(read(event('').replace('DTSTART:20200101T100000Z', 'DTSTART:garbage')).skipped, 1)
})
