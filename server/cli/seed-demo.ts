// `seed:demo`: people, groups and posts of an invented commune, to look at. Only where nobody lives yet.
import { AppError } from '../core/errors.ts'
import { createAccount } from '../features/accounts/create.ts'
import { createEvent, type NewEvent } from '../features/events/create-event.ts'
import { createSeries } from '../features/events/series.ts'
import { createGroup } from '../features/groups/groups.ts'
import { joinGroup } from '../features/groups/members.ts'
import { createNote } from '../features/wall/create-note.ts'
import { likeObject } from '../features/wall/like.ts'
import type { Ctx } from '../context.ts'
import { requireSite } from '../db/site.ts'
import type { ActorRow, GroupRow, ObjectRow } from '../db/rows.ts'
import type { Command, Input, Outcome } from './command.ts'
import { seedProcesses } from './seed-demo-processes.ts'
import { seedProposals } from './seed-demo-proposals.ts'
import { seedVotes } from './seed-demo-votes.ts'
import { seedIdeas } from './seed-demo-ideas.ts'
import { seedDirectory } from './seed-demo-directory.ts'
import { withContext } from './run.ts'

const PASSWORD = 'demonstration-2026'
/** The commune, its instance and its administrator are there after set-up; more people mean a real instance. */
const MAX_ACTORS_BEFORE = 3

const PEOPLE = [
  { username: 'amina', name: 'Amina Payet' },
  { username: 'jean', name: 'Jean Hoarau' },
  { username: 'lucie', name: 'Lucie Técher' },
  { username: 'paul', name: 'Paul Grondin' },
  { username: 'marie_jo', name: 'Marie-Jo Robert' },
  { username: 'karim', name: 'Karim Saïd' }
]

/** Who belongs to which group beside its owner. */
const MEMBERS = { jardin: ['paul', 'lucie', 'jean', 'marie_jo'], velo: ['karim', 'paul'], fresque: ['marie_jo', 'amina'] }

const GROUPS = [
  {
    owner: 'amina',
    username: 'jardin',
    name: 'Jardin partagé de la Fontaine',
    kind: 'organization' as const,
    description: 'Un potager à plusieurs mains, ouvert à tous le samedi matin.'
  },
  {
    owner: 'jean',
    username: 'velo',
    name: 'Le Vélo pour tous',
    kind: 'group' as const,
    description: 'Apprendre, réparer, rouler ensemble.'
  },
  {
    owner: 'lucie',
    username: 'fresque',
    name: 'Une fresque pour la médiathèque',
    kind: 'project' as const,
    description: 'Imaginer et peindre le mur de la médiathèque avec les écoles.'
  }
]

const NOTES = [
  { author: 'amina', as: 'jardin', text: 'Les premières tomates sont mûres ! Venez samedi avec un panier. #jardin' },
  {
    author: 'jean',
    as: 'velo',
    text: 'Atelier de réparation mercredi à 17 h devant la salle des fêtes. Apportez vos vélos, on a les outils. #vélo'
  },
  { author: 'lucie', as: null, text: 'Quelqu’un aurait-il de vieilles photos du centre-ville à prêter pour l’exposition de décembre ?' },
  {
    author: 'lucie',
    as: 'fresque',
    text: 'Trois esquisses sont affichées à la médiathèque : passez donner votre avis avant vendredi. #fresque'
  }
]

/** Answers and applause to the notes above, by their place in the list. */
const ANSWERS = [
  { to: 0, author: 'paul', text: 'J’apporte le pain. À quelle heure ?' },
  { to: 0, author: 'amina', text: 'Dès 9 h, et il y aura du café.' },
  { to: 1, author: 'karim', text: 'Je peux prêter un pied d’atelier.' },
  { to: 2, author: 'marie_jo', text: 'J’ai tout un album des années soixante, je passe à la médiathèque jeudi.' },
  { to: 2, author: 'jean', text: 'Et moi celles du premier défilé de chars !' }
]
const LIKES = [
  { to: 0, by: ['paul', 'lucie', 'marie_jo', 'karim'] },
  { to: 1, by: ['paul', 'amina'] },
  { to: 2, by: ['amina', 'jean'] },
  { to: 3, by: ['marie_jo'] }
]

interface DemoEvent {
  author: string
  as: string
  inDays: number
  from: string
  to: string
  title: string
  description: string
  place: { name: string; address: string; north: number; east: number }
  more: Partial<NewEvent>
}

/** Some days from now, so that the agenda is never of the past; places are offsets from the centre of the commune, in degrees. */
const EVENTS: DemoEvent[] = [
  {
    author: 'amina',
    as: 'jardin',
    inDays: 3,
    from: '14:00',
    to: '17:00',
    title: 'Chantier participatif au jardin',
    description: 'On monte le second composteur. Gants et outils sur place, goûter partagé.',
    place: { name: 'Jardin de la Fontaine', address: 'Chemin de la Fontaine', north: 0.004, east: -0.003 },
    more: { price: 0, forChildren: true }
  },
  {
    author: 'jean',
    as: 'velo',
    inDays: 6,
    from: '17:00',
    to: '19:30',
    title: 'Atelier de réparation de vélos',
    description: 'Apportez votre vélo : on regarde ensemble freins, pneus et dérailleurs.',
    place: { name: 'Salle des fêtes', address: 'Place de la Mairie', north: 0, east: 0.001 },
    more: { price: 3, priceNote: 'Gratuit pour les adhérents', accessibility: ['wheelchair', 'parking'] }
  },
  {
    author: 'lucie',
    as: 'fresque',
    inDays: 10,
    from: '18:30',
    to: '20:00',
    title: 'Choisir la fresque de la médiathèque',
    description: 'Les trois esquisses sont présentées par les enfants des écoles.',
    place: { name: 'Médiathèque', address: 'Rue des Écoles', north: -0.002, east: 0.002 },
    more: {
      price: 0,
      accessibility: ['wheelchair', 'hearing_loop'],
      forChildren: true,
      contact: 'Lucie, à la médiathèque',
      capacity: 40,
      waitingList: true,
      guests: true,
      seatsEach: 4,
      checkIn: true,
      questions: [
        { label: 'Pour le goûter, vous apportez…', kind: 'choice' as const, options: ['du salé', 'du sucré', 'à boire'] },
        { label: 'Je peux aider à ranger', kind: 'yes' as const }
      ]
    }
  }
]

/** Comes every week. */
const MARKET = {
  author: 'jean',
  inDays: 4,
  from: '08:00',
  to: '12:30',
  title: 'Petit marché des producteurs',
  description: 'Légumes, pain, fromage et miel d’ici. Apportez vos paniers.',
  place: { name: 'Place de la Mairie', address: 'Place de la Mairie', north: 0.0005, east: 0.0005 },
  more: { joinMode: 'none' as const }
}

async function seedEvents(ctx: Ctx, people: Map<string, ActorRow>): Promise<void> {
  const { latitude, longitude, timezone } = requireSite(ctx)
  const input = ({ inDays, from, to, title, description, place, more }: Omit<DemoEvent, 'author' | 'as'>): NewEvent => {
    const day = new Date(ctx.clock.now().getTime() + inDays * 86_400_000).toISOString().slice(0, 10)
    const { name, address, north, east } = place
    return {
      title,
      description,
      start: `${day}T${from}:00`,
      end: `${day}T${to}:00`,
      timezone,
      location: { name, address, latitude: latitude + north, longitude: longitude + east },
      ...more
    }
  }
  for (const { author, as, ...event } of EVENTS) await createEvent(ctx, people.get(author)!, { ...input(event), as })
  const { author, ...market } = MARKET
  await createSeries(ctx, people.get(author)!, input(market), { rule: 'FREQ=WEEKLY' })
}

async function seed(ctx: Ctx): Promise<{ people: number; groups: number; notes: number; events: number }> {
  const row = await ctx.db('actors').where('local', true).count('* as actors').first()
  if (Number(row?.['actors']) > MAX_ACTORS_BEFORE)
    throw new AppError('cli.seed', 409, 'People already live here: the demonstration is only for an instance that was just set up.')
  const people = new Map<string, ActorRow>()
  for (const person of PEOPLE) {
    const { actor } = await createAccount(ctx, { ...person, email: `${person.username}@example.org`, password: PASSWORD, status: 'active' })
    people.set(person.username, actor)
  }
  for (const { owner, ...group } of GROUPS) await createGroup(ctx, people.get(owner)!, group)
  const groups = await ctx.db<ActorRow>('actors').whereIn(
    'username',
    GROUPS.map(({ username }) => username)
  )
  for (const group of groups) {
    const settings = (await ctx.db<GroupRow>('groups').where({ actor_id: group.id }).first())!
    for (const name of MEMBERS[group.username as keyof typeof MEMBERS]) await joinGroup(ctx, people.get(name)!, group, settings)
  }
  const notes: ObjectRow[] = []
  for (const { author, as, text } of NOTES)
    notes.push(await createNote(ctx, people.get(author)!, { text, visibility: 'public', ...(as === null ? {} : { as }) }))
  for (const { to, author, text } of ANSWERS) await createNote(ctx, people.get(author)!, { text, inReplyToId: notes[to]!.id })
  for (const { to, by } of LIKES) for (const name of by) await likeObject(ctx, people.get(name)!, notes[to]!)
  await createNote(ctx, people.get('lucie')!, {
    text: 'Quelle esquisse préférez-vous pour le mur de la médiathèque ?',
    as: 'fresque',
    poll: {
      options: ['Les oiseaux du lagon', 'La récolte de la canne', 'Le bal des enfants'],
      expiresInSeconds: 5 * 86_400
    }
  })
  await seedEvents(ctx, people)
  await seedDirectory(ctx, people)
  await seedIdeas(ctx, people)
  await seedProposals(ctx, people)
  await seedVotes(ctx, people)
  await seedProcesses(ctx, people)
  return { people: PEOPLE.length, groups: GROUPS.length, notes: NOTES.length + ANSWERS.length + 1, events: EVENTS.length + 1 }
}

async function run({ config }: Input): Promise<Outcome> {
  return withContext(config, async (ctx) => {
    const made = await seed(ctx)
    return {
      json: { ...made, password: PASSWORD },
      text: `Made ${made.people} people, ${made.groups} groups, ${made.notes} posts and ${made.events} events. They log in with the password ${PASSWORD}.`
    }
  })
}

export const seedDemoCommand: Command = {
  name: 'seed:demo',
  summary: 'Fill a new instance with an invented commune, to look at',
  words: [],
  options: {},
  run
}
