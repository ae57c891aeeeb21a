// A card as people type it, and as the API takes it.
import { DAYS, type Day, type DirectoryCard, type Position } from '../entities-directory.ts'

export interface CardDraft {
  listed: boolean
  orgType: string
  siret: string
  rna: string
  themes: string[]
  skills: string
  street: string
  postalCode: string
  locality: string
  position: Position | null
  precision: string
  phone: string
  email: string
  website: string
  hours: Record<Day, string>
  accessibility: string[]
}

export function draftOf(card: DirectoryCard): CardDraft {
  return {
    listed: card.listed,
    orgType: card.orgType ?? '',
    siret: card.siret ?? '',
    rna: card.rna ?? '',
    themes: [...card.themes],
    skills: card.skills.join(', '),
    ...card.address,
    position: card.position,
    precision: card.precision,
    phone: card.phone,
    email: card.email,
    website: card.website,
    hours: Object.fromEntries(DAYS.map((day) => [day, (card.hours[day] ?? []).map(spoken).join(', ')])) as Record<Day, string>,
    accessibility: [...card.accessibility]
  }
}

export function cardBody(draft: CardDraft): object {
  const { position, skills, orgType, siret, rna, ...others } = draft
  return {
    ...others,
    orgType: orgType || null,
    siret: siret.trim() || null,
    rna: rna.trim() || null,
    skills: skills
      .split(/[,;\n]/)
      .map((skill) => skill.trim())
      .filter(Boolean),
    latitude: position?.latitude ?? null,
    longitude: position?.longitude ?? null
  }
}

/** "9h-12h30", as people write it and the server reads it. */
function spoken([from, until]: [string, string]): string {
  return [from, until].map((time) => time.replace(/^0/, '').replace(':00', 'h').replace(':', 'h')).join('-')
}
