// How sure it is that an event takes place when it says.

/** iCalendar's words and one more: POSTPONED is FEP-8a8e's, not on the date announced and no other known yet. */
export const EVENT_STATUSES = ['CONFIRMED', 'TENTATIVE', 'POSTPONED', 'CANCELLED'] as const
export type EventStatus = (typeof EVENT_STATUSES)[number]

/** The status stored of an event; what is unknown counts as confirmed. */
export function eventStatusOf(word: string | null): EventStatus {
  return EVENT_STATUSES.find((status) => status === word) ?? 'CONFIRMED'
}
