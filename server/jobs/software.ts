// Learns what software the hosts of groups' followers run: a group announces to each in the form it reads (federation.md §3.6).
import type { Ctx } from '../context.ts'
import { isAppError } from '../core/errors.ts'
import { followsGroups, saveSoftware } from '../db/hosts.ts'
import { refreshHost } from '../protocol/nodeinfo.ts'

const WEEK_MS = 7 * 86_400_000

/** The chore `software`, about a host: read its NodeInfo now and, while someone there follows a group of ours, every week. */
export async function learnSoftware(ctx: Ctx, host: string): Promise<Date | null> {
  try {
    await refreshHost(ctx, host)
  } catch (error) {
    // Unreachable: the chore tries again. A host that does not describe itself stays unknown, and gets both forms.
    if (!isAppError(error) || error.code === 'fetch.unreachable') throw error
    await saveSoftware(ctx, host, null, null)
  }
  return (await followsGroups(ctx.db, host)) ? new Date(ctx.clock.now().getTime() + WEEK_MS) : null
}
