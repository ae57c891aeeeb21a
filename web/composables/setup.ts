// What the set-up page asks, and the form the API takes it in.
import { levelsOf } from './upper-levels.ts'

export interface SetupDraft {
  name: string
  insee: string
  country: string
  /** One level a line. */
  above: string
  timezone: string
  latitude: string
  longitude: string
  description: string
  publicUrl: string
  accountDomain: string
  registrations: string
  adminName: string
  username: string
  email: string
  password: string
  code: string
}

/** The body of POST /api/communer/v1/setup. French decimal commas are understood. */
export function setupBody(draft: SetupDraft): Record<string, unknown> {
  const number = (text: string): number => Number(text.trim().replace(',', '.'))
  const isFrench = draft.country === 'FR'
  return {
    code: draft.code,
    name: draft.name,
    insee: isFrench ? draft.insee : '',
    country: draft.country,
    ...(isFrench ? {} : { above: levelsOf(draft.above), timezone: draft.timezone }),
    latitude: number(draft.latitude),
    longitude: number(draft.longitude),
    description: draft.description,
    public_url: draft.publicUrl.replace(/\/+$/, ''),
    ...(draft.accountDomain ? { account_domain: draft.accountDomain } : {}),
    registrations: draft.registrations,
    admin: { username: draft.username, email: draft.email, password: draft.password, name: draft.adminName }
  }
}
