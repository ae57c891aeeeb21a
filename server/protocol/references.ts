// Fetches what new objects refer to (parents of replies) after the commit, within a budget, a few at a time. Losing this work loses
// nothing but context: it is not durable on purpose.
import type { Ctx } from '../context.ts'
import { isAppError } from '../core/errors.ts'
import type { ObjectRow } from '../db/rows.ts'
import { newBudget } from './fetch.ts'
import { fetchObject } from './remote-objects.ts'

/** Threads fetched at once; the rest waits its turn. */
const CONCURRENT = 2
/** A burst of replies to strangers must not fill the memory: more are left unresolved. */
const MAX_WAITING = 200
/** Ancestors looked up for one reply; the budget of fetches ends it too (security.md F17). */
const MAX_ANCESTORS = 8

interface Work {
  waiting: string[]
  running: Set<Promise<void>>
}

const works = new WeakMap<Ctx, Work>()

/** Looks for the missing parents of these objects in the background. Only what is public asks other servers for anything. */
export function resolveParents(ctx: Ctx, objects: Pick<ObjectRow, 'in_reply_to_iri' | 'in_reply_to_id' | 'visibility'>[]): void {
  const work = works.get(ctx) ?? { waiting: [], running: new Set() }
  works.set(ctx, work)
  for (const object of objects) {
    if (object.in_reply_to_iri === null || object.in_reply_to_id !== null || !['public', 'unlisted'].includes(object.visibility)) continue
    if (work.waiting.length < MAX_WAITING && !work.waiting.includes(object.in_reply_to_iri)) work.waiting.push(object.in_reply_to_iri)
  }
  next(ctx, work)
}

/** Resolves when no background look-up is left: for an orderly end, and for tests. */
export async function referencesSettled(ctx: Ctx): Promise<void> {
  const work = works.get(ctx)
  while (work !== undefined && work.running.size > 0) await Promise.all(work.running)
}

function next(ctx: Ctx, work: Work): void {
  while (work.running.size < CONCURRENT && work.waiting.length > 0) {
    const iri = work.waiting.shift()!
    const run = climb(ctx, iri).finally(() => {
      work.running.delete(run)
      next(ctx, work)
    })
    work.running.add(run)
  }
}

/** From parent to parent; storing each links the replies that wait for it. */
async function climb(ctx: Ctx, iri: string): Promise<void> {
  const budget = newBudget()
  let at: string | null = iri
  try {
    for (let step = 0; step < MAX_ANCESTORS && at !== null; step += 1) {
      const parent: ObjectRow | null = await fetchObject(ctx, at, { budget })
      at = parent === null || parent.in_reply_to_id !== null ? null : parent.in_reply_to_iri
    }
  } catch (error) {
    ctx.count('references.unresolved')
    if (!isAppError(error)) ctx.log.error({ err: error, iri }, 'a parent could not be looked up')
  }
}
