// Choke point 4: who may do this to that. One table, judged on STORED rows and on the signer, never on what the payload says of itself
// (security.md O01–O42, FEP-fe34). Pure: facts in, verdict out; effects gather the facts and obey.
import { sameOrigin } from '../core/iri.ts'
import type { Outcome } from './outcomes.ts'

export interface Facts {
  type: string
  /** Actor whose key signed the request. */
  signer: string
  /** Actor the activity names. */
  actor: string
  /** Id of the activity, null when it has none. */
  id: string | null
  /** Our own origin: nothing from outside may write there. */
  own: string
  /** Id of what it is about. */
  objectId: string | null
  /** The object is an actor (its own id, or a stored actor). */
  aboutActor: boolean
  /** attributedTo of an inline object; null when it names none. */
  claimedAuthor: string | null
  /** The claimed author is a stored Group of the signer's server and the object names the signer as its writer (Mobilizon). */
  claimedGroup: boolean
  /** Stored owner: publisher of an object, followed actor of a Follow being answered, actor of what is undone. Null: not stored. */
  owner: string | null
  /** Stored person behind what a group publishes. */
  writer: string | null
  ownerIsGroup: boolean
  /** For Add and Remove: the target is the actor's own stored `featured` collection. */
  ownTarget: boolean
  /** The signer is a stored moderator of the group it decides in. Null: nothing about a group is decided. */
  moderates: boolean | null
}

export type Verdict =
  /** The activity, inline content included, is the owner's word. */
  | { decision: 'apply' }
  /** Only what the object's own server says counts: fetch it. */
  | { decision: 'refetch' }
  /** Delete only if the object's own server answers 404 or 410. */
  | { decision: 'check-gone' }
  /** What it is about never came; keep it in mind. */
  | { decision: 'remember' }
  /** A group's moderators decide what stands in it, and only that: the object itself stays its author's. */
  | { decision: 'moderate' }
  /** Said by a group about somebody of another server: only if that server has the activity. */
  | { decision: 'confirm' }
  | { decision: 'refuse'; outcome: Outcome }

const APPLY: Verdict = { decision: 'apply' }
const REFETCH: Verdict = { decision: 'refetch' }
const CHECK_GONE: Verdict = { decision: 'check-gone' }
const REMEMBER: Verdict = { decision: 'remember' }
const MODERATE: Verdict = { decision: 'moderate' }
const CONFIRM: Verdict = { decision: 'confirm' }

function refuse(outcome: Outcome): Verdict {
  return { decision: 'refuse', outcome }
}

/** The one judgement on an incoming activity. Exhaustive: a type without a line is ignored. */
export function authorise(facts: Facts): Verdict {
  if (facts.signer !== facts.actor) return judgeForwarded(facts)
  if (facts.id !== null && !sameOrigin(facts.id, facts.actor)) return refuse('refused-origin')
  if (facts.moderates !== null) return facts.moderates ? MODERATE : refuse('refused-owner')
  switch (facts.type) {
    case 'Create':
      return judgeCreate(facts)
    case 'Update':
      return judgeUpdate(facts)
    case 'Delete':
      return judgeDelete(facts)
    case 'Accept':
    case 'Reject':
    case 'TentativeAccept':
    case 'Ignore':
      return judgeAnswer(facts)
    // To a group or an event of theirs.
    case 'Invite':
      return judgeManaged(facts)
    case 'Undo':
      return judgeOwned(facts, REMEMBER)
    case 'Add':
    case 'Remove':
      return facts.ownTarget && (facts.owner === null ? sameOrigin(facts.objectId, facts.signer) : facts.owner === facts.signer)
        ? APPLY
        : refuse('refused-owner')
    // These only ever speak for the actor itself; what they point at is judged by visibility.
    case 'Follow':
    case 'Like':
    case 'EmojiReact':
    case 'Announce':
    case 'Block':
    case 'Dislike':
    case 'Flag':
    case 'Join':
    case 'Leave':
      return APPLY
    // With a post of the asker's own; the quoted author's policy decides (FEP-044f).
    case 'QuoteRequest':
      return judgeQuoteRequest(facts)
    case 'Move':
      return facts.objectId === facts.signer ? APPLY : refuse('refused-owner')
    default:
      return refuse('ignored-type')
  }
}

/**
 * What the group `by` passes on of others (FEP-1b12): the signature is the group's, so nothing embedded is its actor's word. In the group
 * its moderators decide; content is read at its origin; votes are believed of the group's own server, of others when they have them.
 */
export function authoriseAnnounced(facts: Facts, by: string): Verdict {
  // Ours come from our own hand.
  if (sameOrigin(facts.actor, facts.own)) return refuse('unchanged')
  if (facts.id !== null && !sameOrigin(facts.id, facts.actor)) return refuse('refused-origin')
  if (facts.moderates === true) return MODERATE
  switch (facts.type) {
    case 'Create':
    case 'Update':
      return sameOrigin(facts.objectId, facts.own) ? refuse('refused-owner') : REFETCH
    case 'Delete':
      return sameOrigin(facts.objectId, facts.own) || facts.owner === null ? refuse('refused-owner') : CHECK_GONE
    case 'Like':
    case 'Dislike':
    case 'EmojiReact':
    case 'Undo':
      if (facts.moderates === false) return refuse('refused-owner')
      return sameOrigin(facts.actor, by) ? APPLY : CONFIRM
    case 'Add':
    case 'Remove':
    case 'Block':
    case 'Lock':
      return refuse('refused-owner')
    default:
      return refuse('ignored-type')
  }
}

/** Somebody else's activity passed on (inbox forwarding): its content is worth nothing, its object's server is asked (checklist 49). */
function judgeForwarded(facts: Facts): Verdict {
  const foreign = facts.objectId !== null && !sameOrigin(facts.objectId, facts.own) && !facts.aboutActor
  if ((facts.type === 'Create' || facts.type === 'Update') && foreign) return REFETCH
  if (facts.type === 'Delete' && foreign && facts.owner !== null) return CHECK_GONE
  return refuse('refused-signer')
}

function judgeCreate(facts: Facts): Verdict {
  if (facts.objectId === null || facts.aboutActor) return refuse('refused-owner')
  if (sameOrigin(facts.objectId, facts.own) || !sameOrigin(facts.objectId, facts.signer)) return refuse('refused-origin')
  if (facts.claimedAuthor === null || facts.claimedAuthor === facts.signer || facts.claimedGroup) return APPLY
  return refuse('refused-owner')
}

function judgeUpdate(facts: Facts): Verdict {
  if (facts.objectId === null || sameOrigin(facts.objectId, facts.own)) return refuse('refused-owner')
  if (facts.aboutActor) return sameOrigin(facts.objectId, facts.signer) ? APPLY : refuse('refused-owner')
  if (!sameOrigin(facts.objectId, facts.signer)) return refuse('refused-origin')
  if (facts.owner === null)
    return facts.claimedAuthor === null || facts.claimedAuthor === facts.signer || facts.claimedGroup ? REFETCH : refuse('refused-owner')
  const owns = facts.owner === facts.signer || facts.writer === facts.signer
  if (owns && (facts.claimedAuthor === null || facts.claimedAuthor === facts.owner)) return APPLY
  // Another organiser of the same group on the same server (Mobilizon): that server is asked.
  return facts.ownerIsGroup && !owns ? REFETCH : refuse('refused-owner')
}

function judgeDelete(facts: Facts): Verdict {
  if (facts.objectId === null || sameOrigin(facts.objectId, facts.own)) return refuse('refused-owner')
  if (facts.objectId === facts.signer) return APPLY
  if (facts.aboutActor) return refuse('refused-owner')
  if (facts.owner !== null && (facts.owner === facts.signer || facts.writer === facts.signer)) return APPLY
  if (!sameOrigin(facts.objectId, facts.signer)) return refuse('refused-owner')
  return facts.owner === null ? REMEMBER : CHECK_GONE
}

function judgeQuoteRequest(facts: Facts): Verdict {
  if (!sameOrigin(facts.objectId, facts.signer)) return refuse('refused-origin')
  return facts.claimedAuthor === null || facts.claimedAuthor === facts.signer ? APPLY : refuse('refused-owner')
}

function judgeOwned(facts: Facts, missing: Verdict): Verdict {
  if (facts.owner === null) return missing
  return facts.owner === facts.signer ? APPLY : refuse('refused-owner')
}

/** Only whoever was asked answers: the followed actor, the owner or writer of what was joined (O15–O17, O28). */
function judgeAnswer(facts: Facts): Verdict {
  return facts.owner === null ? refuse('unknown-follow') : judgeManaged(facts)
}

/** Owner, writer, or for a group somebody of its own server, which could as well sign as the group (Mobilizon's organisers do so). */
function judgeManaged(facts: Facts): Verdict {
  if (facts.owner === null) return refuse('unknown-object')
  if (facts.owner === facts.signer || facts.writer === facts.signer) return APPLY
  return facts.ownerIsGroup && sameOrigin(facts.owner, facts.signer) && !sameOrigin(facts.owner, facts.own)
    ? APPLY
    : refuse('refused-owner')
}

/** Facts with everything unknown, to be filled in by an effect. */
export function bareFacts(of: { type: string; signer: string; actor: string; id: string | null; own: string }): Facts {
  return {
    ...of,
    objectId: null,
    aboutActor: false,
    claimedAuthor: null,
    claimedGroup: false,
    owner: null,
    writer: null,
    ownerIsGroup: false,
    ownTarget: false,
    moderates: null
  }
}
