// The directory of the demonstration: what the groups' cards say, and some places, shops and services of the invented commune.
import type { Ctx } from '../context.ts'
import type { ActorRow } from '../db/rows.ts'
import { requireSite } from '../db/site.ts'
import type { CardInput } from '../features/directory/card-input.ts'
import { editCard } from '../features/directory/cards.ts'
import { createGroup } from '../features/groups/groups.ts'

type Card = Omit<CardInput, 'latitude' | 'longitude'> & { north: number; east: number }

/** Of groups and people that are there already. */
const CARDS: Record<string, { by: string; card: Card }> = {
  jardin: {
    by: 'amina',
    card: {
      north: 0.004,
      east: -0.003,
      street: 'Chemin de la Fontaine',
      themes: ['food', 'environment'],
      orgType: 'association',
      hours: { sa: '9h-12h' }
    }
  },
  velo: {
    by: 'jean',
    card: { north: 0, east: 0.001, street: 'Place de la Mairie', themes: ['transport'], skills: ['réparation de vélos'] }
  },
  fresque: { by: 'lucie', card: { north: -0.002, east: 0.002, street: 'Rue des Écoles', themes: ['culture', 'education'] } },
  karim: {
    by: 'karim',
    card: { north: 0.003, east: 0.004, listed: true, precision: 'street', skills: ['soudure', 'menuiserie'], themes: ['waste'] }
  }
}

const PLACES = [
  {
    by: 'jean',
    username: 'salle_des_fetes',
    name: 'Salle des fêtes',
    kind: 'place' as const,
    description: 'Deux cents places, une scène et une cuisine. Se réserve à la mairie.',
    card: {
      north: 0.0002,
      east: 0.0012,
      street: 'Place de la Mairie',
      accessibility: ['wheelchair', 'toilets', 'hearing_loop'],
      themes: ['culture']
    }
  },
  {
    by: 'marie_jo',
    username: 'mediatheque',
    name: 'Médiathèque',
    kind: 'place' as const,
    description: 'Livres, jeux, ordinateurs et un jardin de lecture.',
    card: {
      north: -0.0022,
      east: 0.0018,
      street: 'Rue des Écoles',
      hours: { tu: '14h-18h', we: '9h-12h, 14h-18h', fr: '14h-18h', sa: '9h-12h' },
      accessibility: ['wheelchair', 'quiet'],
      themes: ['culture', 'education', 'digital']
    }
  },
  {
    by: 'paul',
    username: 'boulangerie_grondin',
    name: 'Boulangerie Grondin',
    kind: 'organization' as const,
    description: 'Pain au levain, cuit sur place.',
    card: {
      north: 0.0011,
      east: -0.0007,
      street: '3 rue du Four',
      orgType: 'business' as const,
      phone: '02 62 00 00 00',
      hours: {
        tu: '6h30-13h, 15h-19h',
        we: '6h30-13h',
        th: '6h30-13h, 15h-19h',
        fr: '6h30-13h, 15h-19h',
        sa: '6h30-13h, 15h-19h',
        su: '6h30-12h30'
      },
      themes: ['food', 'economy']
    }
  }
]

/** Gives how many cards there are then. */
export async function seedDirectory(ctx: Ctx, people: Map<string, ActorRow>): Promise<number> {
  const { latitude, longitude, name: locality } = requireSite(ctx)
  const input = ({ north, east, ...card }: Card): CardInput => ({
    locality,
    ...card,
    latitude: latitude + north,
    longitude: longitude + east
  })
  const who = (by: string) => ({ role: 'member' as const, actorId: people.get(by)!.id })
  for (const [username, { by, card }] of Object.entries(CARDS)) {
    const actor = (await ctx.db<ActorRow>('actors').where({ local: true, username }).first())!
    await editCard(ctx, who(by), actor, input(card))
  }
  for (const { by, card, ...place } of PLACES) await editCard(ctx, who(by), await createGroup(ctx, people.get(by)!, place), input(card))
  return Object.keys(CARDS).length + PLACES.length
}
