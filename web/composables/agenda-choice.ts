// What of the agenda somebody chose, as the page's address says it: the same words end the addresses of calendars, feeds and the frame.

/** Names in the address; the server reads the same, and a few beside them (server/http/feed-choice.ts). */
export const AGENDA_CHOICE = [
  'theme',
  'lieu',
  'quartier',
  'par',
  'km',
  'gratuit',
  'enfants',
  'acces',
  'enligne',
  'ailleurs',
  'quand'
] as const

/** '' or '?theme=jardin&lieu=…', of the query of a route. */
export function choiceQuery(query: Record<string, unknown>): string {
  const chosen = new URLSearchParams(
    AGENDA_CHOICE.flatMap((name) => {
      const value = query[name]
      return typeof value === 'string' && value.trim() !== '' ? [[name, value.trim()]] : []
    })
  )
  return chosen.size === 0 ? '' : `?${chosen}`
}
