// Where a notice about a card of the directory leads. Pure.

/** Path of the page: where one answers, else the card itself. Null for notices about something else. */
export function cardNoticePage(type: string, username: string): string | null {
  if (type === 'card_claim' || type === 'card_correction') return `/annuaire/${username}/modifier`
  return /^(card|correction)_/.test(type) ? `/@${username}` : null
}
