// Who may quote and answer a post (`interactionPolicy`: canQuote of FEP-044f, canReply of GoToSocial): read from documents, written into ours, and asked of stored rows. Pure.
import type { ActorRow, ObjectRow, QuotePolicy } from '../db/rows.ts'
import { PUBLIC } from '../vocab/addressing.ts'
import { asArray, isMap, read, type Json } from './normalise-values.ts'

/** The policy of a foreign document; null when it says nothing. */
export function readQuotePolicy(json: Json, followersIri: string | null): QuotePolicy | null {
  const policy = read(json, 'interactionPolicy')
  const canQuote = isMap(policy) ? policy['canQuote'] : undefined
  if (!isMap(canQuote)) return null
  const automatic = asArray(canQuote['automaticApproval'], 16)
  if (automatic.includes(PUBLIC) || automatic.includes('as:Public')) return 'public'
  if (followersIri !== null && automatic.includes(followersIri)) return 'followers'
  return asArray(canQuote['manualApproval'], 16).length > 0 ? 'manual' : 'nobody'
}

/**
 * 'nobody' when a foreign document says that no answer is taken: `commentsEnabled` (Mobilizon, PeerTube, Lemmy), `locked`, or a canReply
 * that approves its author alone (GoToSocial; older ones say always and approvalRequired). Null for everything else: who is asked there
 * is for the author's server to say.
 */
export function readReplyPolicy(json: Json, authorIri: string | null): 'nobody' | null {
  if (read(json, 'commentsEnabled') === false || json['locked'] === true) return 'nobody'
  const policy = read(json, 'interactionPolicy')
  const canReply = isMap(policy) ? policy['canReply'] : undefined
  if (!isMap(canReply)) return null
  const approved = [
    ...asArray(canReply['automaticApproval'] ?? canReply['always'], 16),
    ...asArray(canReply['manualApproval'] ?? canReply['approvalRequired'], 16)
  ]
  return approved.every((one) => one === authorIri) ? 'nobody' : null
}

/** `interactionPolicy` of a document of ours. Who may answer is said only when that is not everyone; `doc.audience` is the group it is said in. */
export function interactionPolicyOf(
  row: Pick<ObjectRow, 'quote_policy' | 'reply_policy'>,
  author: Pick<ActorRow, 'iri' | 'type' | 'followers_iri'>,
  groupIri: string | null
): Json {
  const { quote_policy: quotes, reply_policy: replies } = row
  const approved = quotes === 'public' ? PUBLIC : quotes === 'followers' ? (author.followers_iri ?? `${author.iri}/followers`) : author.iri
  const group = author.type === 'Group' ? author.iri : groupIri
  const members = replies === 'members' && group !== null ? [`${group}/members`] : []
  return {
    canQuote: { automaticApproval: [approved] },
    ...(replies === null ? {} : { canReply: { automaticApproval: [author.iri, ...members] } })
  }
}

/** Whether a post may be quoted at once by this actor. What only some may read is quoted by its author alone. */
export function mayQuote(quoted: ObjectRow, quoter: { id: string; follows: boolean }): boolean {
  if (quoted.actor_id === quoter.id) return quoted.visibility !== 'direct'
  if (quoted.visibility !== 'public' && quoted.visibility !== 'unlisted') return false
  return quoted.quote_policy === 'public' || (quoted.quote_policy === 'followers' && quoter.follows)
}
