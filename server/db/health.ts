// Reads the numbers that tell how an instance is doing: work that waits, what was counted. Reads only.
import type { Knex } from 'knex'

interface Waiting {
  waiting: string
  oldest_seconds: string | null
}

/** Gauges by their Prometheus names, labels included. */
export async function readHealthNumbers(db: Knex): Promise<Record<string, number>> {
  const numbers: Record<string, number> = {}
  for (const table of ['inbox_log', 'deliveries'] as const) {
    // Covered by the partial index on waiting rows.
    const row = await db(table)
      .where({ state: 'waiting' })
      .first<Waiting>(db.raw('count(*) as waiting, extract(epoch from now() - min(next_at)) as oldest_seconds'))
    numbers[`communer_${table}_waiting`] = Number(row.waiting)
    numbers[`communer_${table}_late_seconds`] = Math.max(0, Number(row.oldest_seconds ?? 0))
  }
  const counted = await db('counters')
    .select<{ name: string; total: string }[]>('name', db.raw('sum(count) as total'))
    .groupBy('name')
    .orderBy('name')
  for (const { name, total } of counted) numbers[`communer_events_total{name="${name.replaceAll(/["\\\n]/g, '_')}"}`] = Number(total)
  return numbers
}
