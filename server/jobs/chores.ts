// Does what is due: each kind of chore is one line of CHORES. A chore may run again after a crash, so every one of them is idempotent.
import type { Ctx } from '../context.ts'
import { claimChores, finishChore, postponeChore, type ClaimedChore } from '../db/chores.ts'
import { doConfirmation } from '../features/accounts/confirm.ts'
import { tellDetails } from '../features/accounts/details.ts'
import { doReset } from '../features/accounts/reset.ts'
import { PUSH_CHORE } from '../db/push.ts'
import { pushNotification } from '../features/push/send.ts'
import { PUBLISH_CHORE, publishScheduled } from '../features/wall/scheduled.ts'
import { moveFollowers } from '../features/follows/move-followers.ts'
import { fetchFeatured } from '../protocol/featured.ts'
import { closePoll, tellTotals } from '../protocol/local-polls.ts'
import {
  closeDueVote,
  remindReview,
  remindUndecided,
  tellVoteTotals,
  VOTE_CLOSE_CHORE,
  VOTE_REVIEW_CHORE,
  VOTE_SOON_CHORE,
  VOTE_TELL_CHORE
} from '../protocol/local-votes.ts'
import { AGENDA_CHORE } from '../db/agenda-sources.ts'
import { findTwins, TWIN_CHORE } from '../db/event-twins.ts'
import { CARD_CHORE } from '../db/preview-cards.ts'
import { DUTY_CHORE, remindDuty, THRESHOLD_CHORE, watchThreshold } from '../features/ideas/duties.ts'
import { REMIND_CHORE, remindTask } from '../features/tasks/remind.ts'
import { publishIdea } from '../protocol/ideas.ts'
import { announcePhase, PHASE_CHORE } from '../protocol/processes.ts'
import { tellUnvoted, UNVOTED_CHORE } from '../protocol/proposals.ts'
import { IMPORT_CHORE, runImport as importCards } from '../features/directory/import.ts'
import { MESSAGE_CHORE, sendMessage } from '../features/events/message.ts'
import { readSource } from '../features/events/read-source.ts'
import { announceDates } from '../features/events/series.ts'
import { SERIES_CHORE } from '../db/series.ts'
import { readCard } from '../protocol/preview-cards.ts'
import { publishCount, seatWaiting } from '../protocol/participation.ts'
import { WAITING_CHORE } from '../db/events.ts'
import { checkQuote } from '../protocol/quotes.ts'
import { catchUp } from '../protocol/catch-up.ts'
import { repairFollowers } from '../protocol/follower-sync.ts'
import { relay, RELAY_CHORE } from '../protocol/relay.ts'
import { fetchAncestors, fetchReplies } from '../protocol/threads.ts'
import { readCommunes, TOGETHER_CHORE } from '../protocol/votes-together.ts'
import { makeExport } from './export.ts'
import { runImport } from './import.ts'
import { placeInNeighbourhoods } from '../features/territory/neighbourhoods.ts'
import { sendMail } from './mail.ts'
import { PLACES_CHORE } from '../db/neighbourhood-places.ts'
import { FIELDS_CHORE } from '../db/profile-details.ts'
import { NOTICE_CHORE } from '../db/notice-mails.ts'
import { mailNotices } from './notice-mail.ts'
import { mailWeekly, WEEKLY_CHORE } from './weekly-mail.ts'
import { learnSoftware } from './software.ts'

/** Does it; gives the date to do it again, or null when it is done. A throw means: later. */
export type ChoreWork = (ctx: Ctx, subject: string) => Promise<Date | null>

/** Every kind of chore there is, with who does it. */
export const CHORES: Record<string, ChoreWork> = {
  'move-followers': moveFollowers,
  [PUBLISH_CHORE]: publishScheduled,
  [PUSH_CHORE]: pushNotification,
  'poll-tell': tellTotals,
  'poll-close': closePoll,
  [VOTE_CLOSE_CHORE]: closeDueVote,
  [VOTE_SOON_CHORE]: remindUndecided,
  [VOTE_TELL_CHORE]: tellVoteTotals,
  [VOTE_REVIEW_CHORE]: remindReview,
  [TOGETHER_CHORE]: readCommunes,
  'event-count': publishCount,
  [WAITING_CHORE]: seatWaiting,
  [MESSAGE_CHORE]: sendMessage,
  'quote-check': checkQuote,
  'catch-up': catchUp,
  'followers-sync': repairFollowers,
  mail: sendMail,
  [NOTICE_CHORE]: mailNotices,
  [WEEKLY_CHORE]: mailWeekly,
  export: makeExport,
  import: runImport,
  'mail-confirm': doConfirmation,
  'mail-reset': doReset,
  [FIELDS_CHORE]: tellDetails,
  [PLACES_CHORE]: placeInNeighbourhoods,
  featured: fetchFeatured,
  ancestors: fetchAncestors,
  replies: fetchReplies,
  software: learnSoftware,
  [RELAY_CHORE]: relay,
  [CARD_CHORE]: readCard,
  [TWIN_CHORE]: findTwins,
  [AGENDA_CHORE]: readSource,
  [SERIES_CHORE]: announceDates,
  [IMPORT_CHORE]: importCards,
  [THRESHOLD_CHORE]: watchThreshold,
  [DUTY_CHORE]: remindDuty,
  'idea-publish': publishIdea,
  [UNVOTED_CHORE]: tellUnvoted,
  [PHASE_CHORE]: announcePhase,
  [REMIND_CHORE]: remindTask
}

const only = (kinds: string[]): Record<string, ChoreWork> => Object.fromEntries(kinds.map((kind) => [kind, CHORES[kind]!]))

/** Lanes of their own: what takes minutes, and what waits for push services or web pages, holds up nothing else. */
export const ARCHIVES = only(['export', 'import', IMPORT_CHORE])
export const PUSHES = only([PUSH_CHORE])
/** Pages of others, whose servers may be slow. */
export const CARDS = only([CARD_CHORE, AGENDA_CHORE])
export const QUICK = only(Object.keys(CHORES).filter((kind) => ![ARCHIVES, PUSHES, CARDS].some((lane) => kind in lane)))

/** Long enough for the slowest chore (a thread of twenty slow servers); after it another worker may try. */
const LEASE_MS = 5 * 60_000
const AT_ONCE = 4
const DELAYS_MINUTES = [1, 5, 30, 120, 720, 1440]

/** Does some of what is due, a few side by side; how many were tried. */
export async function doChores(ctx: Ctx, works: Record<string, ChoreWork> = CHORES): Promise<number> {
  const now = ctx.clock.now()
  const due = await claimChores(ctx.db, Object.keys(works), now, new Date(now.getTime() + LEASE_MS), AT_ONCE)
  await Promise.all(due.map((chore) => doOne(ctx, works[chore.kind]!, chore)))
  return due.length
}

async function doOne(ctx: Ctx, work: ChoreWork, chore: ClaimedChore): Promise<void> {
  try {
    await finishChore(ctx.db, chore, await work(ctx, chore.subject))
  } catch (error) {
    const minutes = DELAYS_MINUTES[Math.min(chore.attempts, DELAYS_MINUTES.length - 1)]!
    ctx.count(`chore.failed.${chore.kind}`)
    ctx.log.warn({ err: error, kind: chore.kind, subject: chore.subject, minutes }, 'a chore failed and will be tried again')
    await postponeChore(ctx.db, chore, new Date(ctx.clock.now().getTime() + minutes * 60_000), (error as Error).message)
  }
}
