// Proposals of the demonstration: one that people amend and argue about, one the commune has adopted.
import type { Ctx } from '../context.ts'
import type { ActorRow } from '../db/rows.ts'
import { requireSite } from '../db/site.ts'
import { acceptAmendment, proposeAmendment, refuseAmendment } from '../features/proposals/amend.ts'
import { answerProposal, reportOnProposal } from '../features/proposals/answer.ts'
import { addArgument } from '../features/proposals/argue.ts'
import { propose } from '../features/proposals/write.ts'
import { likeObject } from '../features/wall/like.ts'

const DAY_MS = 86_400_000

const STREET = `La rue des Écoles est fermée aux voitures les jours de classe, de 8 h à 8 h 45 et de 16 h à 16 h 45.

Deux bénévoles tiennent les barrières. La mairie les assure et leur prête des gilets.

Les riverains, les soins à domicile et les secours passent au pas.

L’essai dure un trimestre. Un bilan public est fait avant toute suite.`

/** Gives how many proposals there are then. */
export async function seedProposals(ctx: Ctx, people: Map<string, ActorRow>): Promise<number> {
  const person = (name: string): ActorRow => people.get(name)!
  const lucie = { role: 'member' as const, actorId: person('lucie').id }
  const street = await propose(ctx, person('lucie'), {
    title: 'Une rue sans voiture devant l’école, matin et soir',
    text: STREET,
    themes: ['transport', 'education']
  })
  for (const name of ['amina', 'marie_jo', 'karim']) await likeObject(ctx, person(name), street)
  const hours = await proposeAmendment(ctx, person('karim'), street, {
    version: 1,
    paragraph: 1,
    kind: 'replace',
    text: 'La rue des Écoles est fermée aux voitures les jours de classe, de 7 h 45 à 8 h 45 et de 16 h à 17 h.',
    reason: 'La garderie ouvre à 7 h 45, et beaucoup d’enfants sortent après l’étude.'
  })
  await acceptAmendment(ctx, lucie, street, hours)
  await proposeAmendment(ctx, person('jean'), street, {
    version: 1,
    paragraph: 3,
    kind: 'replace',
    text: 'Les riverains, les soins à domicile, les livraisons de la boulangerie et les secours passent au pas.',
    reason: 'La boulangerie reçoit sa farine à 8 h.'
  })
  await proposeAmendment(ctx, person('amina'), street, {
    version: 2,
    paragraph: 2,
    kind: 'insert',
    text: 'Le jeudi, la rue fermée accueille un atelier vélo avec l’association des parents.',
    reason: 'Une rue vide attire du monde quand il s’y passe quelque chose.'
  })
  const barriers = await proposeAmendment(ctx, person('paul'), street, {
    version: 1,
    paragraph: 2,
    kind: 'delete',
    reason: 'Des bornes automatiques feraient mieux.'
  })
  await refuseAmendment(ctx, lucie, street, barriers, 'Les bornes coûtent 40 000 €. On commence par un essai, avec ce qu’on a.')
  for (const [name, kind, text, link] of [
    ['marie_jo', 'for', 'Mes petits-enfants pourraient y aller à pied sans que je tremble à chaque portière.', null],
    ['amina', 'for', 'Moins de pots d’échappement à hauteur de poussette.', null],
    ['paul', 'against', 'Le bouchon se déplacera rue du Stade, où il y a déjà la crèche.', null],
    ['jean', 'question', 'Qui remplace les bénévoles quand il pleut ?', null],
    ['karim', 'source', 'Le guide du Cerema sur les rues scolaires.', 'https://www.cerema.fr/fr/actualites/rues-scolaires']
  ] as const) {
    const id = await addArgument(ctx, person(name), street, { kind, text, link })
    const said = await ctx.db('objects').where({ id }).first()
    if (name !== 'jean') await likeObject(ctx, person('lucie'), said)
  }
  const mayor = await findMayor(ctx)
  if (mayor === null) return 1
  const wall = await propose(ctx, person('lucie'), {
    as: 'fresque',
    title: 'Peindre le mur de la médiathèque avec les enfants',
    text: 'Le mur nord de la médiathèque est confié à l’atelier de la fresque pour un été.\n\nLes enfants choisissent le thème, un peintre dessine, tout le monde peint.',
    themes: ['culture']
  })
  const who = { role: 'admin' as const, actorId: mayor.id }
  await answerProposal(ctx, who, mayor, wall, {
    answer: 'accepted',
    text: 'Le conseil est d’accord, à condition que l’échafaudage soit monté par les services techniques.',
    cost: '1 200 € de peinture',
    period: 'Aux vacances d’été'
  })
  const due = new Date(ctx.clock.now().getTime() + 45 * DAY_MS).toISOString().slice(0, 10)
  await reportOnProposal(ctx, who, wall, { progress: 30, commitments: [{ text: 'Laver et enduire le mur', due, done: null }] })
  return 2
}

/** Whoever made the instance speaks for the town hall. */
export async function findMayor(ctx: Ctx): Promise<ActorRow | null> {
  const mayor = await ctx
    .db<ActorRow>('actors as a')
    .join('accounts as c', 'c.actor_id', 'a.id')
    .where('c.role', 'admin')
    .whereNot('a.id', requireSite(ctx).communeActorId)
    .first('a.*')
  return (mayor as ActorRow | undefined) ?? null
}
