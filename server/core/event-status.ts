// How sure it is that an event takes place when it says.

/**
 * iCalendar's words and two of FEP-8a8e's: POSTPONED is not on the date announced and no other known yet, MOVED_ONLINE takes place as
 * announced but at an address on the web instead of the place.
 */
export const EVENT_STATUSES = ['CONFIRMED', 'TENTATIVE', 'MOVED_ONLINE', 'POSTPONED', 'CANCELLED'] as const
export type EventStatus = (typeof EVENT_STATUSES)[number]

/** The status stored of an event; what is unknown counts as confirmed. */
export function eventStatusOf(word: string | null): EventStatus {
  return EVENT_STATUSES.find((status) => status === word) ?? 'CONFIRMED'
}

/** Put in front of a title where nothing but the title is read; '' for what takes place as announced. */
export const TITLE_MARKS: Record<EventStatus, string> = {
  CONFIRMED: '',
  TENTATIVE: '',
  MOVED_ONLINE: '[EN LIGNE]',
  POSTPONED: '[REPORTÉ]',
  CANCELLED: '[ANNULÉ]'
}

/** The title with its mark, once. */
export function markedTitle(name: string, status: EventStatus): string {
  const mark = TITLE_MARKS[status]
  return mark === '' || /^\[(ANNUL|REPORT|EN LIGNE)/i.test(name) ? name : `${mark} ${name}`
}
