// Ideas of the demonstration: one that looks for backers, one the commune has answered.
import type { Ctx } from '../context.ts'
import type { ActorRow } from '../db/rows.ts'
import { requireSite } from '../db/site.ts'
import { answerIdea, reportProgress } from '../features/ideas/answer.ts'
import { objectTo, offerHelp } from '../features/ideas/opinions.ts'
import { proposeIdea } from '../features/ideas/propose.ts'
import { declare } from '../features/territory/residents.ts'
import { likeObject } from '../features/wall/like.ts'

const RESIDENTS = ['amina', 'jean', 'lucie', 'marie_jo']
const DAY_MS = 86_400_000

/** Gives how many ideas there are then. */
export async function seedIdeas(ctx: Ctx, people: Map<string, ActorRow>): Promise<number> {
  const person = (name: string): ActorRow => people.get(name)!
  for (const name of RESIDENTS) await declare(ctx, person(name), true)
  const { latitude, longitude, communeActorId } = requireSite(ctx)
  const bench = await proposeIdea(ctx, person('marie_jo'), {
    title: 'Un banc à l’ombre devant la médiathèque',
    text: 'On attend les enfants debout, en plein soleil. Un banc sous le grand arbre suffirait.',
    themes: ['environment', 'education'],
    place: { name: 'Médiathèque', address: 'Rue des Écoles', latitude: latitude - 0.0022, longitude: longitude + 0.0018 }
  })
  for (const name of ['amina', 'lucie', 'karim']) await likeObject(ctx, person(name), bench)
  await offerHelp(ctx, person('karim'), bench, { kinds: ['skills', 'time'], words: 'Je peux le construire, avec du bois de récupération.' })
  await objectTo(ctx, person('paul'), bench, 'Il faudrait d’abord que le trottoir reste assez large pour un fauteuil.')
  const lamps = await proposeIdea(ctx, person('jean'), {
    title: 'Éteindre les lampadaires de minuit à cinq heures',
    text: 'Pour les étoiles, les chauves-souris et la facture. D’autres communes le font.',
    themes: ['energy', 'environment']
  })
  for (const name of ['amina', 'lucie', 'marie_jo', 'paul']) await likeObject(ctx, person(name), lamps)
  // Whoever made the instance speaks for the town hall.
  const mayor = await ctx
    .db<ActorRow>('actors as a')
    .join('accounts as c', 'c.actor_id', 'a.id')
    .where('c.role', 'admin')
    .whereNot('a.id', communeActorId)
    .first('a.*')
  if (mayor === undefined) return 2
  const who = { role: 'admin' as const, actorId: mayor.id }
  await answerIdea(ctx, who, mayor as ActorRow, lamps, {
    answer: 'accepted',
    text: 'Le conseil a voté l’essai dans deux quartiers, sauf devant les arrêts de car.',
    cost: 'Aucun : une économie de 4 000 € par an',
    period: 'Avant l’été'
  })
  const due = new Date(ctx.clock.now().getTime() + 60 * DAY_MS).toISOString().slice(0, 10)
  await reportProgress(ctx, who, lamps, { progress: 20, commitments: [{ text: 'Régler les horloges des armoires', due, done: null }] })
  return 2
}
