// Quotes → Quote entities (docs.joinmastodon.org/entities/Quote). What is not allowed, or not for the viewer, is named and not shown. Pure.
import type { QuotePart, StatusParts, StatusRow } from '../../../db/status-parts.ts'
import type { QuotePolicy } from '../../../db/rows.ts'
import type { Quote, QuoteApproval, Status } from './entities.ts'

/** The quote of a status; `show` makes the status that is quoted. Null when it quotes nothing. */
export function toQuote(quote: QuotePart | undefined, show: (row: StatusRow) => Status | null): Quote | null {
  if (quote === undefined) return null
  if (quote.state !== 'accepted') return { state: quote.state, quoted_status: null }
  if (quote.isDeleted) return { state: 'deleted', quoted_status: null }
  const status = quote.row === null ? null : show(quote.row)
  return status === null ? { state: 'unauthorized', quoted_status: null } : { state: 'accepted', quoted_status: status }
}

/** Who may quote it, and whether the viewer may. */
export function toQuoteApproval(row: StatusRow, parts: StatusParts): QuoteApproval {
  const isOpen = row.visibility === 'public' || row.visibility === 'unlisted'
  const policy: QuotePolicy | null = isOpen ? row.quote_policy : 'nobody'
  const automatic = policy === 'public' || policy === 'followers' ? [policy] : []
  const isOwn = parts.viewer.actorId === row.actor_id && row.visibility !== 'direct'
  return {
    automatic,
    manual: policy === 'manual' ? ['unsupported_policy'] : [],
    current_user: isOwn ? 'automatic' : stance(policy, parts.facts.get(row.id)?.followed === true)
  }
}

function stance(policy: QuotePolicy | null, followed: boolean): QuoteApproval['current_user'] {
  if (policy === null) return 'unknown'
  if (policy === 'public' || (policy === 'followers' && followed)) return 'automatic'
  return policy === 'manual' ? 'manual' : 'denied'
}
