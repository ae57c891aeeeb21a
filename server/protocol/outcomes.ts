// What can become of an activity that arrived: a closed set, kept in inbox_log and counted. Nothing is dropped in silence (P15).

export const OUTCOMES = [
  'created',
  'updated',
  'deleted',
  'boosted',
  'liked',
  'voted',
  'disliked',
  'reacted',
  'quote-granted',
  'quote-refused',
  'quote-revoked',
  'followed',
  'follow-requested',
  'follow-accepted',
  'follow-rejected',
  'joined',
  'join-requested',
  'join-refused',
  // Answers to what our people asked.
  'join-accepted',
  'join-rejected',
  'interested',
  'left',
  'invited',
  'invite-declined',
  'undone',
  'blocked',
  'reported',
  'moved',
  'featured',
  'unfeatured',
  // A group's moderators decided, and it is so here too.
  'moderated',
  'actor-updated',
  'actor-deleted',
  // Nothing to do any more: done before, or by another way.
  'unchanged',
  // It came before what it is about; kept for when that comes.
  'remembered',
  'undone-early',
  'ignored-type',
  'ignored-move',
  // Said to a group of ours: waits for its moderators; by someone banned there; in a locked thread.
  'held',
  'refused-banned',
  'refused-locked',
  // The phase of the process it belongs to does not let people.
  'refused-phase',
  'vote-not-open',
  'not-related',
  'not-visible',
  'unknown-object',
  'unknown-actor',
  'unknown-follow',
  'refused-document',
  'refused-signer',
  'refused-origin',
  'refused-owner',
  'refused-blocked',
  'refused-suspended',
  'refused-fetch',
  'tombstoned',
  'gone',
  // Given up: a day of temporary failures, or a mistake of our own (logged).
  'dead-unreachable',
  'dead-failed'
] as const

export type Outcome = (typeof OUTCOMES)[number]
