// Events as web pages tell of them.
import t from 'tap'
import { readFeed } from './feed-in.ts'
import { readPageEvents } from './page-event.ts'

const PAGE = new URL('https://agenda.example/e/1')
const read = (html: string) => readPageEvents(html, PAGE, 'Europe/Paris')
const jsonLd = (value: unknown): string => `<html><head><script type="application/ld+json">${JSON.stringify(value)}</script></head></html>`

t.test('schema.org: an event, one of its kinds, in a graph or a list, with a place, a status, a day without hours', async (t) => {
  const concert = {
    '@context': 'https://schema.org',
    '@type': 'MusicEvent',
    name: 'Concert  « Les Voisins »',
    description: '<p>Entrée libre</p><p>Buvette</p>',
    startDate: '2026-10-17T20:00:00+02:00',
    endDate: '2026-10-17 22:00',
    eventStatus: 'https://schema.org/EventCancelled',
    url: '/e/1?utm=x',
    keywords: 'musique, jazz',
    location: {
      '@type': 'Place',
      name: 'Salle des fêtes',
      address: { streetAddress: '1 place du Marché', postalCode: '61110', addressLocality: 'Saint-Leu' },
      geo: { latitude: '48.5', longitude: 0.1 }
    }
  }
  t.match(read(jsonLd(concert)), [
    {
      uid: 'https://agenda.example/e/1?utm=x',
      title: 'Concert « Les Voisins »',
      description: 'Entrée libre\n\nBuvette',
      start: new Date('2026-10-17T18:00:00Z'),
      end: new Date('2026-10-17T20:00:00Z'),
      status: 'CANCELLED',
      place: { name: 'Salle des fêtes', address: '1 place du Marché, 61110, Saint-Leu', latitude: 48.5, longitude: 0.1 },
      tags: ['musique', 'jazz']
    }
  ])
  const list = { '@graph': [{ '@type': 'WebPage' }, { '@type': 'ItemList', itemListElement: [{ '@type': 'ListItem', item: concert }] }] }
  t.equal(read(jsonLd(list)).length, 1)
  const days = {
    '@type': 'Event',
    name: 'Exposition',
    startDate: '2026-10-01',
    endDate: '2026-10-31',
    location: [{ '@type': 'VirtualLocation' }, 'Mairie']
  }
  t.match(read(jsonLd(days)), [
    { isAllDay: true, start: new Date('2026-09-30T22:00:00Z'), end: new Date('2026-10-31T22:59:00Z'), place: { name: 'Mairie' } }
  ])
})

t.test('microformats: h-event with dates in time elements', async (t) => {
  const html = `<article class="h-event"><h1 class="p-name">Troc de <b>plantes</b></h1><img src="x"><time class="dt-start" datetime="2026-10-04T10:00">dimanche</time>
    <p>à <span class="p-location">Jardin public, Saint-Leu</span></p><div class="p-summary">Apportez vos pots.<br>Gratuit.</div><a class="u-url" href="/troc">lien</a></article>
    <p class="p-name">autre chose</p>`
  t.match(read(html), [
    {
      title: 'Troc de plantes',
      start: new Date('2026-10-04T08:00:00Z'),
      end: null,
      place: { name: 'Jardin public', address: 'Saint-Leu' },
      url: 'https://agenda.example/troc',
      description: 'Apportez vos pots.Gratuit.'
    }
  ])
})

t.test('E06: pages and feeds that are hostile or none say nothing', async (t) => {
  const deep = `${'{"@graph":['.repeat(5000)}{"@type":"Event","name":"x","startDate":"2026-10-04"}${']}'.repeat(5000)}`
  for (const html of [
    '',
    'plain',
    `<script type="application/ld+json">${deep}</script>`,
    jsonLd({ '@type': 'Event', name: 'sans date' }),
    jsonLd({ '@type': 'Event', startDate: 'demain', name: 'x' }),
    '<script type="application/ld+json">{"@type":"Event",</script>',
    `<div class="h-event">${'<div class="p-name">'.repeat(20_000)}`
  ])
    t.same(read(html), [], html.slice(0, 60))
  t.match(read(jsonLd({ '@type': 'Event', name: 'x', startDate: '2026-10-04', url: 'javascript:alert(1)' })), [{ url: PAGE.href }])
  const rss = `<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "&#x26;b;"><!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><title>Agenda &x;</title>
    <item><title>un</title><link>https://agenda.example/e/1</link></item><item><link>/e/2</link></item><item><link>file:///etc/passwd</link></item></channel></rss>`
  t.same(readFeed(rss, PAGE), { name: 'Agenda &x;', links: ['https://agenda.example/e/1', 'https://agenda.example/e/2'] })
  const atom =
    '<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><link href="/"/><entry><link rel="self" href="/no"/><link href="/e/3"/></entry></feed>'
  t.same(readFeed(atom, PAGE), { name: 'A', links: ['https://agenda.example/e/3'] })
  t.equal(readFeed('<html><body>non</body></html>', PAGE), null)
})
