// Reads, for operators, how the queues and the other servers are doing. Reads only; nothing here is on a request's way.
import type { Knex } from 'knex'

export interface WorkStatus {
  work: 'inbox' | 'deliveries'
  waiting: number
  due: number
  dead: number
  /** Seconds since the oldest due row should have left; null when none is due. */
  lateSeconds: number | null
}

interface WorkRow {
  waiting: string
  due: string
  dead: string
  late: string | null
}

/** What waits in the inbox log and in the deliveries. */
export async function readWork(db: Knex): Promise<WorkStatus[]> {
  const read = async (work: WorkStatus['work'], name: string): Promise<WorkStatus> => {
    const counts =
      db.raw(`count(*) filter (where state = 'waiting') as waiting, count(*) filter (where state = 'waiting' and next_at <= now()) as due,
      count(*) filter (where state = 'dead') as dead, extract(epoch from now() - min(next_at) filter (where state = 'waiting' and next_at <= now())) as late`)
    const row = await db(name).first<WorkRow>(counts)
    return {
      work,
      waiting: Number(row.waiting),
      due: Number(row.due),
      dead: Number(row.dead),
      lateSeconds: row.late === null ? null : Math.round(Number(row.late))
    }
  }
  return [await read('inbox', 'inbox_log'), await read('deliveries', 'deliveries')]
}
