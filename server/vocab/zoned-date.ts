// Dates with the offset of a time zone, as events need them. Pure; Intl knows the zones.

/** RFC 3339 at the zone's offset, such as 2026-12-12T14:00:00+04:00; UTC when the zone is unknown. */
export function zonedDate(date: Date, timezone: string): string {
  const offsetMinutes = offsetOf(date, timezone)
  const shifted = new Date(date.getTime() + offsetMinutes * 60_000).toISOString().slice(0, 19)
  if (offsetMinutes === 0) return `${shifted}Z`
  const sign = offsetMinutes < 0 ? '-' : '+'
  const minutes = Math.abs(offsetMinutes)
  return `${shifted}${sign}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`
}

/** True for a name Intl knows. */
export function isTimezone(name: string): boolean {
  return formatOf(name) !== null
}

const formats = new Map<string, Intl.DateTimeFormat | null>()

function formatOf(timezone: string): Intl.DateTimeFormat | null {
  const known = formats.get(timezone)
  if (known !== undefined) return known
  // The zones of the world are a few hundred; more distinct names than that are noise.
  if (formats.size > 1000) formats.clear()
  let format: Intl.DateTimeFormat | null = null
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: timezone, timeZoneName: 'longOffset' })
  } catch {
    // unknown zone: null
  }
  formats.set(timezone, format)
  return format
}

function offsetOf(date: Date, timezone: string): number {
  const name = formatOf(timezone)
    ?.formatToParts(date)
    .find((part) => part.type === 'timeZoneName')?.value
  const match = /^GMT([+-])(\d{2}):(\d{2})/.exec(name ?? '')
  if (!match) return 0
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]))
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}
