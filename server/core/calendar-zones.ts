// Time zones as calendar programs name them, as IANA names. Pure.
import { IANAZone } from 'luxon'

/** Names of Windows (Unicode CLDR, windowsZones.xml) for where French is spoken and its neighbours. */
const WINDOWS: Record<string, string> = {
  'romance standard time': 'Europe/Paris',
  'w. europe standard time': 'Europe/Berlin',
  'central europe standard time': 'Europe/Budapest',
  'central european standard time': 'Europe/Warsaw',
  'gmt standard time': 'Europe/London',
  'greenwich standard time': 'Atlantic/Reykjavik',
  'fle standard time': 'Europe/Kiev',
  'gtb standard time': 'Europe/Bucharest',
  'e. europe standard time': 'Europe/Chisinau',
  'morocco standard time': 'Africa/Casablanca',
  'w. central africa standard time': 'Africa/Lagos',
  'e. africa standard time': 'Africa/Nairobi',
  'arabian standard time': 'Asia/Dubai',
  'mauritius standard time': 'Indian/Mauritius',
  'sa western standard time': 'America/La_Paz',
  'sa eastern standard time': 'America/Cayenne',
  'saint pierre standard time': 'America/Miquelon',
  'central pacific standard time': 'Pacific/Guadalcanal',
  'hawaiian standard time': 'Pacific/Honolulu',
  'eastern standard time': 'America/New_York',
  'central standard time': 'America/Chicago',
  'mountain standard time': 'America/Denver',
  'pacific standard time': 'America/Los_Angeles',
  'atlantic standard time': 'America/Halifax',
  utc: 'UTC',
  gmt: 'UTC',
  'coordinated universal time': 'UTC'
}

/** The IANA zone meant by a TZID or an X-WR-TIMEZONE, or null. Mozilla puts its own path in front of the name. */
export function zoneOf(name: unknown): string | null {
  if (typeof name !== 'string' || name.length > 200) return null
  const bare = name.trim().replace(/^"|"$/g, '')
  const known = WINDOWS[bare.toLowerCase()]
  if (known !== undefined) return known
  const path = /(?:^|\/)((?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific|Etc)\/[\w+/-]+|UTC)$/.exec(
    bare
  )?.[1]
  return path !== undefined && IANAZone.isValidZone(path) ? path : null
}
