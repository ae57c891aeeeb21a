// Opening hours of a week, as people type them and as schema.org's `openingHours` writes them. Pure.

export const DAYS = ['mo', 'tu', 'we', 'th', 'fr', 'sa', 'su'] as const
export type Day = (typeof DAYS)[number]

/** From and until, HH:MM; until may be 24:00. A span never passes midnight: what does is two spans. */
export type Span = [string, string]
export type WeekHours = Partial<Record<Day, Span[]>>

const MAX_SPANS = 6

/** Reads "9h-12h, 14h-17h30", "09:00–12:00" or "fermé". Null: not understood. Spans come back in order and never overlap. */
export function readSpans(text: string): Span[] | null {
  const words = text.trim().toLowerCase()
  if (words === '' || /^(ferm[ée]e?|closed|-|–)$/.test(words)) return []
  const spans: Span[] = []
  for (const part of words.split(/[,;/]| et | and /)) {
    const found = /^\s*(\d{1,2})\s*(?:[h:]\s*(\d{2})?)?\s*(?:-|–|—|à|to)\s*(\d{1,2})\s*(?:[h:]\s*(\d{2})?)?\s*$/.exec(part)
    if (found === null) return null
    const span: Span = [clock(found[1]!, found[2]), clock(found[3]!, found[4])]
    if (span[0] >= span[1] || span[1] > '24:00' || Number(found[2] ?? 0) > 59 || Number(found[4] ?? 0) > 59) return null
    spans.push(span)
  }
  spans.sort((one, other) => (one[0] < other[0] ? -1 : 1))
  const overlap = spans.some((span, index) => index > 0 && span[0] < spans[index - 1]![1])
  return overlap || spans.length > MAX_SPANS ? null : spans
}

/** Stored or foreign JSON as hours; what is not well formed is left out. */
export function hoursOf(value: unknown): WeekHours {
  const hours: WeekHours = {}
  if (typeof value !== 'object' || value === null) return hours
  for (const day of DAYS) {
    const spans = (value as Record<string, unknown>)[day]
    if (!Array.isArray(spans)) continue
    const read = readSpans(spans.map((span) => (Array.isArray(span) ? span.join('-') : '?')).join(','))
    if (read !== null && read.length > 0) hours[day] = read
  }
  return hours
}

/** "Mo 09:00-12:00", one entry a span (schema.org). */
export function openingHours(hours: WeekHours): string[] {
  return DAYS.flatMap((day) => (hours[day] ?? []).map(([from, until]) => `${day[0]!.toUpperCase()}${day[1]!} ${from}-${until}`))
}

function clock(hour: string, minute: string | undefined): string {
  return `${hour.padStart(2, '0')}:${minute ?? '00'}`
}
