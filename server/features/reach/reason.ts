// Why a server does not have something yet, as one word the locales put into plain sentences (`reach.<reason>`). Pure.
import { HOST_GONE } from '../../db/host-health.ts'
import { FORGOTTEN } from '../../db/reach.ts'

export type Reason =
  | 'soon'
  | 'asleep'
  | 'paused'
  | 'unreachable'
  | 'failing'
  | 'busy'
  | 'signature'
  | 'moved'
  | 'gone'
  | 'too-large'
  | 'refused'
  | 'closed'
  | 'forgotten'

export interface Standing {
  state: 'waiting' | 'refused' | 'reached'
  last_status: number | null
  last_error: string | null
  open_until: Date | null
  asleep_since: Date | null
}

/** The reason by the class of the last answer (protocol/schedule.ts has the classes); null for a server that has it. */
export function reasonOf(row: Standing, now: Date): Reason | null {
  if (row.state === 'reached') return null
  if (row.last_error === FORGOTTEN) return 'forgotten'
  if (row.last_error === HOST_GONE) return 'gone'
  const { last_status: status } = row
  if (row.state === 'waiting' && row.asleep_since !== null) return 'asleep'
  if (status !== null) return ofStatus(status)
  if (row.last_error !== null) return row.last_error.startsWith('fetch.refused') ? 'closed' : 'unreachable'
  return row.open_until !== null && row.open_until > now ? 'paused' : 'soon'
}

function ofStatus(status: number): Reason {
  if (status === 429) return 'busy'
  if (status === 401 || status === 403) return 'signature'
  if (status === 404 || (status >= 300 && status < 400)) return 'moved'
  if (status === 410) return 'gone'
  if (status === 413) return 'too-large'
  if (status === 408 || status === 425 || (status >= 500 && status !== 501)) return 'failing'
  return 'refused'
}
