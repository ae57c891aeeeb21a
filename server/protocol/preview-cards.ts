// Chore `card`: reads the page a post links to, as one polite and careful visitor (security.md F23). What it says is kept as plain text; its
// picture is shown through our proxy only.
import type { Knex } from 'knex'
import type { Ctx } from '../context.ts'
import { isAppError } from '../core/errors.ts'
import { decodePage, readPageFacts, type PageFacts } from '../core/page-facts.ts'
import {
  askedSince,
  CARDS_PER_MINUTE,
  cardTurn,
  findCard,
  findOpenObject,
  isLinkedFromHere,
  linkCards,
  pointCard,
  saveCard,
  type PreviewCardRow
} from '../db/preview-cards.ts'
import type { ObjectRow } from '../db/rows.ts'
import { fetchPage } from './fetch.ts'
import { afterCommit } from './outbox.ts'

const MINUTE_MS = 60_000

/** Links what was just written or edited to its pages, and has them read. */
export async function askForCards(ctx: Ctx, trx: Knex, objects: ObjectRow[]): Promise<void> {
  if (await linkCards(ctx, trx, objects)) afterCommit(trx, () => ctx.queue.wake('chores'))
}

/** Reads one page. A post known here is shown from its own row: nobody is asked. Gives a later date when its server was asked enough. */
export async function readCard(ctx: Ctx, id: string): Promise<Date | null> {
  const card = await findCard(ctx.db, id)
  if (card === null) return null
  const now = ctx.clock.now()
  const known = await findOpenObject(ctx.db, card.url)
  if (known !== null) {
    await pointCard(ctx.db, id, known, now)
    return null
  }
  if ((await askedSince(ctx.db, card.host, new Date(now.getTime() - MINUTE_MS))) >= CARDS_PER_MINUTE) return nextTurn(ctx, card, now)
  const { facts, isGone } = await readPage(ctx, card.url)
  await saveCard(ctx.db, id, facts, { now, isGone })
  return null
}

/** Soon for what somebody here has linked to and waits for; in its turn for what came from elsewhere. */
async function nextTurn(ctx: Ctx, { id, host }: PreviewCardRow, now: Date): Promise<Date> {
  if (await isLinkedFromHere(ctx.db, id)) return new Date(now.getTime() + MINUTE_MS * (0.5 + Math.random()))
  return cardTurn(ctx, host, now)
}

/** What cannot be read shows nothing, and is not asked for again at once: a preview is worth one visit. */
async function readPage(ctx: Ctx, url: string): Promise<{ facts: PageFacts | null; isGone: boolean }> {
  try {
    const page = await fetchPage(ctx, url)
    return { facts: readPageFacts(decodePage(page.body, page.mediaType), page.url), isGone: false }
  } catch (error) {
    if (!isAppError(error)) throw error
    return { facts: null, isGone: error.code === 'fetch.gone' || error.code === 'fetch.refused' }
  }
}
