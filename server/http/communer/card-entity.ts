// Cards of the directory as the native API shows them, and the schemas of what is sent.
import { Type } from 'typebox'
import type { Ctx } from '../../context.ts'
import { DAYS, hoursOf, openingHours } from '../../core/opening-hours.ts'
import { THEMES, type Theme } from '../../core/themes.ts'
import {
  ACCESSIBILITY,
  ORG_TYPES,
  PRECISIONS,
  type Accessibility,
  type CardRow,
  type DirectoryEntry,
  type OrgType,
  type Precision
} from '../../db/directory.ts'
import { toAccount, type ActorView, type Counts } from '../mastodon/serialise/account.ts'
import { Id, MastodonAccount, orNull, strictObject } from './schemas.ts'

const oneOf = <Word extends string>(words: readonly Word[]) => Type.Unsafe<Word>({ type: 'string', enum: [...words] })
export const ThemeWord = oneOf<Theme>(THEMES)
export const OrgTypeWord = oneOf<OrgType>(ORG_TYPES)
export const AccessibilityWord = oneOf<Accessibility>(ACCESSIBILITY)
export const KINDS = ['person', 'group', 'organization', 'project', 'service', 'place', 'commune'] as const
export const KindWord = oneOf(KINDS)

const Spans = Type.Optional(Type.Array(Type.Array(Type.String(), { minItems: 2, maxItems: 2 })))
const Hours = Type.Object(Object.fromEntries(DAYS.map((day) => [day, Spans])) as Record<(typeof DAYS)[number], typeof Spans>, {
  description: 'By day (mo to su): spans as [from, until], HH:MM'
})

export const Card = Type.Object(
  {
    id: Id,
    account: MastodonAccount,
    kind: KindWord,
    listed: Type.Boolean(),
    orgType: orNull(OrgTypeWord),
    siret: orNull(Type.String()),
    rna: orNull(Type.String()),
    themes: Type.Array(ThemeWord),
    skills: Type.Array(Type.String()),
    address: Type.Object({ street: Type.String(), postalCode: Type.String(), locality: Type.String() }),
    position: orNull(
      Type.Object({ latitude: Type.Number(), longitude: Type.Number() }, { description: 'As exact as the card lets others see' })
    ),
    precision: oneOf<Precision>(PRECISIONS),
    phone: Type.String(),
    email: Type.String(),
    website: Type.String(),
    hours: Hours,
    openingHours: Type.Array(Type.String(), { description: 'schema.org: "Mo 09:00-12:00"' }),
    accessibility: Type.Array(AccessibilityWord),
    state: oneOf(['unclaimed', 'claimed', 'verified'] as const),
    isStale: Type.Boolean({ description: 'Nobody said within a year that it is still right' }),
    confirmedAt: Type.String(),
    source: orNull(Type.String({ description: 'Where an imported card comes from' })),
    distance: orNull(Type.Number({ description: 'Metres from `near`' })),
    excerpt: orNull(Type.String({ description: 'Where the words asked for stand, when not in the name' }))
  },
  { title: 'Card' }
)

export const CardBody = strictObject({
  listed: Type.Optional(Type.Boolean()),
  orgType: Type.Optional(orNull(OrgTypeWord)),
  siret: Type.Optional(orNull(Type.String({ maxLength: 30 }))),
  rna: Type.Optional(orNull(Type.String({ maxLength: 20 }))),
  themes: Type.Optional(Type.Array(Type.String({ maxLength: 40 }), { maxItems: 12 })),
  skills: Type.Optional(Type.Array(Type.String({ maxLength: 200 }), { maxItems: 50 })),
  street: Type.Optional(Type.String({ maxLength: 400 })),
  postalCode: Type.Optional(Type.String({ maxLength: 20 })),
  locality: Type.Optional(Type.String({ maxLength: 200 })),
  latitude: Type.Optional(orNull(Type.Number())),
  longitude: Type.Optional(orNull(Type.Number())),
  precision: Type.Optional(oneOf<Precision>(PRECISIONS)),
  phone: Type.Optional(Type.String({ maxLength: 60 })),
  email: Type.Optional(Type.String({ maxLength: 400 })),
  website: Type.Optional(Type.String({ maxLength: 1000 })),
  hours: Type.Optional(
    Type.Object(Object.fromEntries(DAYS.map((day) => [day, Type.Optional(Type.String({ maxLength: 100 }))])), {
      additionalProperties: false,
      description: 'As people write them: "9h-12h, 14h-17h"'
    })
  ),
  accessibility: Type.Optional(Type.Array(Type.String({ maxLength: 40 }), { maxItems: 12 }))
})

/** The Card entity. `own`: for who may edit it, with the true position. */
export function presentCard(
  ctx: Ctx,
  {
    actor,
    card,
    isStale,
    counts = null,
    own = false
  }: { actor: ActorView; card: CardRow; isStale: boolean; counts?: Counts | null; own?: boolean }
) {
  const latitude = own ? card.latitude : card.shown_latitude
  const longitude = own ? card.longitude : card.shown_longitude
  const hours = hoursOf(card.hours)
  const hidesAddress = !own && (card.precision === 'commune' || card.precision === 'hidden')
  return {
    id: actor.id,
    account: toAccount(ctx, actor, counts),
    kind: kindOf(actor),
    listed: card.listed,
    orgType: card.org_type,
    siret: card.siret,
    rna: card.rna,
    themes: card.themes,
    skills: card.skills,
    address: {
      street: hidesAddress ? '' : card.street,
      postalCode: card.precision === 'hidden' && !own ? '' : card.postal_code,
      locality: card.precision === 'hidden' && !own ? '' : card.locality
    },
    position: latitude === null || longitude === null ? null : { latitude, longitude },
    precision: card.precision,
    phone: card.phone,
    email: card.email,
    website: card.website,
    hours,
    openingHours: openingHours(hours),
    accessibility: card.accessibility,
    state: card.state,
    isStale,
    confirmedAt: card.confirmed_at.toISOString(),
    source: card.source,
    distance: null as number | null,
    excerpt: null as string | null
  }
}

/** An entry of a search: with its distance, and why it was found. */
export function presentEntry(ctx: Ctx, entry: DirectoryEntry, isStale: boolean) {
  const found = entry.excerpt?.replaceAll(/\s+/g, ' ').trim() ?? ''
  return {
    ...presentCard(ctx, { actor: entry, card: entry.c_row, isStale, counts: entry }),
    distance: entry.metres === null ? null : Math.round(entry.metres),
    excerpt: entry.in_name === true || found === '' ? null : found
  }
}

export function kindOf(actor: { type: string; kind: string | null }): (typeof KINDS)[number] {
  if (actor.type === 'Person') return 'person'
  return (KINDS as readonly string[]).includes(actor.kind ?? '') ? (actor.kind as (typeof KINDS)[number]) : 'group'
}
