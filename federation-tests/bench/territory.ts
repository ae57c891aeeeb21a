// What somebody waits for who looks for something here: agenda, map, directory, words. On a database filled by itself, in milliseconds a
// question, beside what PostgreSQL needs for twenty rows by their key in the same rounds.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Ctx } from '../../server/context.ts'
import { createContext } from '../../server/create-context.ts'
import { readConfig } from '../../server/config.ts'
import { listEvents } from '../../server/db/agenda.ts'
import { searchDirectory } from '../../server/db/directory.ts'
import { eventsWithin } from '../../server/db/map.ts'
import { searchObjects, type ObjectSearch } from '../../server/db/search.ts'
import { ANYONE } from '../../server/db/visibility.ts'
import { setUp } from '../../server/features/setup/setup.ts'
import { median } from './measure.ts'

interface Options {
  /** Events and posts together: three tenths are events, half of them still to come. */
  objects: number
  cards: number
  rounds: number
}

const HERE = { latitude: -21.17, longitude: 55.29 }
const WORDS = ['jardin', 'velo', 'marche', 'mediatheque', 'concert', 'chantier', 'lagon', 'ecole', 'fresque', 'repas']
/** Degrees around the commune in which things lie. */
const SPREAD = 4

export async function benchTerritory({ objects, cards, rounds }: Options): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'communer-bench-'))
  const instance = await createContext({ ...readConfig({}), dataDir, databaseUrl: null, logLevel: 'silent' })
  try {
    const { ctx } = instance
    await setUp(ctx, {
      name: 'Saint-Leu',
      insee: '97413',
      ...HERE,
      publicUrl: 'https://bench.test',
      admin: { username: 'maire', email: 'maire@example.org', password: 'correct horse battery staple' }
    })
    await fill(ctx, objects, cards)
    await report(ctx, { objects, cards, rounds })
  } finally {
    await instance.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function fill(ctx: Ctx, objects: number, cards: number): Promise<void> {
  const { db } = ctx
  console.log(`filling: ${objects} objects, ${cards} cards`)
  await db.raw(
    `insert into actors (id, iri, type, kind, local, username, name, domain, host, inbox, doc)
     select n, 'https://bench.test/ap/actors/c' || n, 'Group', (array['group', 'organization', 'place', 'service'])[n % 4 + 1], true, 'carte' || n,
       (?::text[])[n % 10 + 1] || ' de la rue ' || n, 'bench.test', 'bench.test', 'https://bench.test/ap/inbox', '{}'
     from generate_series(1, ?::int) n`,
    [WORDS, cards]
  )
  // Thousands of streets that are called alike are no directory: pairs are not what is measured here.
  await db.raw('alter table directory_cards disable trigger directory_cards_twins')
  await db.raw(
    `insert into directory_cards (actor_id, themes, latitude, longitude, confirmed_at, updated_at)
     select n, array[(array['food', 'culture', 'education', 'environment'])[n % 4 + 1]], :latitude + :spread * (random() - 0.5), :longitude + :spread * (random() - 0.5), now(), now()
     from generate_series(1, :cards::int) n`,
    { ...HERE, spread: SPREAD, cards }
  )
  await db.raw('alter table directory_cards enable trigger directory_cards_twins')
  const STEP = 50_000
  for (let from = 1; from <= objects; from += STEP) {
    await db.raw(
      `with made as (
         insert into objects (id, iri, type, local, actor_id, visibility, name, content_html, start_time, end_time, timezone, event_status, place, latitude, longitude, published, root_id, doc)
         select 1000000 + n, 'https://bench.test/ap/objects/' || n, case when n % 10 < 3 then 'Event' else 'Note' end, n % 10 <> 0, n % :cards + 1, 'public',
           case when n % 10 < 3 then (:words::text[])[n % 10 + 1] || ' ' || n end,
           '<p>' || (:words::text[])[n % 7 + 1] || ' et ' || (:words::text[])[n % 9 + 1] || ' ' || md5(n::text) || '</p>',
           case when n % 10 < 3 then now() + (n % 730 - 365) * interval '1 day' end,
           case when n % 10 < 3 then now() + (n % 730 - 365) * interval '1 day' + interval '2 hours' end,
           'Indian/Reunion', case when n % 10 < 3 then 'CONFIRMED' end, case when n % 10 < 3 then jsonb_build_object('name', 'Lieu ' || n % 500) end,
           case when n % 10 < 3 then :latitude + :spread * (random() - 0.5) end, case when n % 10 < 3 then :longitude + :spread * (random() - 0.5) end,
           now() - n * interval '1 second', 1000000 + n, '{}'
         from generate_series(:from::int, least(:from::int + ${STEP - 1}, :objects::int)) n returning id, type)
       insert into events (object_id, local, join_mode, price, for_children)
       select id, true, 'free', case when id % 5 = 0 then 0 end, id % 7 = 0 from made where type = 'Event'`,
      { ...HERE, spread: SPREAD, words: WORDS, cards, from, objects }
    )
    process.stdout.write(`\r${Math.min(from + STEP - 1, objects)}`)
  }
  await db.raw('vacuum analyze')
  console.log('')
}

const NOTHING_ELSE: Omit<ObjectSearch, 'words'> = {
  actorId: null,
  followedOnly: false,
  after: null,
  before: null,
  has: [],
  isReply: null,
  language: null,
  maxId: null
}

const boxOf = (half: number) => ({
  west: HERE.longitude - half,
  south: HERE.latitude - half,
  east: HERE.longitude + half,
  north: HERE.latitude + half
})

/** Everything that is asked, by the name it has in the table; the first is what the others are held against. */
function questions(ctx: Ctx, objects: number): Record<string, (round: number) => Promise<unknown>> {
  const from = ctx.clock.now()
  const near = { ...HERE, radiusMetres: 10_000 }
  const find = (words: string) => searchObjects(ctx, { ...NOTHING_ELSE, words }, ANYONE, 20)
  return {
    'twenty rows by key': (round) => {
      const ids = Array.from({ length: 20 }, (_none, at) => String(1_000_001 + ((round * 7919 + at * 104_729) % objects)))
      return ctx.db('objects').whereIn('id', ids)
    },
    agenda: () => listEvents(ctx, ANYONE, { from, local: true, limit: 30 }),
    'agenda, free and for children': () => listEvents(ctx, ANYONE, { from, local: true, free: true, forChildren: true, limit: 30 }),
    'agenda within 10 km': () => listEvents(ctx, ANYONE, { from, near, limit: 30 }),
    'map, one commune': () => eventsWithin(ctx, ANYONE, boxOf(0.05), { limit: 500 }),
    'map, everything': () => eventsWithin(ctx, ANYONE, boxOf(SPREAD), { limit: 500 }),
    'directory, a word': (round) => searchDirectory(ctx, { words: WORDS[round % WORDS.length]!, limit: 20 }),
    'directory, mistyped': () => searchDirectory(ctx, { words: 'mediatehque', limit: 20 }),
    'directory, theme and distance': () => searchDirectory(ctx, { theme: 'culture', near, limit: 20 }),
    'words, common': (round) => find(WORDS[round % WORDS.length]!),
    'words, rare': (round) => find(`jardin "rue ${round}"`),
    'words, absent': () => find('introuvable')
  }
}

async function report(ctx: Ctx, { objects, cards, rounds }: Options): Promise<void> {
  const asked = questions(ctx, objects)
  const times = new Map(Object.keys(asked).map((name) => [name, [] as number[]]))
  for (let round = -5; round < rounds; round += 1)
    for (const [name, ask] of Object.entries(asked)) {
      const begun = performance.now()
      await ask(Math.abs(round))
      if (round >= 0) times.get(name)!.push(performance.now() - begun)
    }
  console.log(`\nTerritory, ${objects} objects, ${cards} cards, ${rounds} rounds, milliseconds`)
  const base = median(times.get('twenty rows by key')!)
  console.table(
    Object.fromEntries(
      [...times].map(([name, list]) => {
        const sorted = [...list].sort((a, b) => a - b)
        const p95 = sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN
        return [name, { p50: round1(median(list)), p95: round1(p95), 'of the key': round1(median(list) / base) }]
      })
    )
  )
}

const round1 = (value: number): number => Math.round(value * 10) / 10
