// A process of the demonstration: the square before the church, at the phase where people bring ideas.
import { DateTime } from 'luxon'
import type { Ctx } from '../context.ts'
import type { ActorRow } from '../db/rows.ts'
import { requireSite } from '../db/site.ts'
import { proposeIdea } from '../features/ideas/propose.ts'
import { openProcess } from '../features/processes/open.ts'
import { propose } from '../features/proposals/write.ts'
import { likeObject } from '../features/wall/like.ts'
import { findMayor } from './seed-demo-proposals.ts'

/** Gives how many processes there are then. */
export async function seedProcesses(ctx: Ctx, people: Map<string, ActorRow>): Promise<number> {
  const person = (name: string): ActorRow => people.get(name)!
  const today = DateTime.fromJSDate(ctx.clock.now(), { zone: requireSite(ctx).timezone })
  const day = (days: number): string => today.plus({ days }).toISODate()!
  const mayor = await findMayor(ctx)
  if (mayor === null) return 0
  const square = await openProcess(ctx, { role: 'admin', actorId: mayor.id }, mayor, {
    title: 'La place de l’église, avec vous',
    text: 'La place se refait en 2027 : le sol, les arbres, le stationnement. Rien n’est dessiné. Le conseil municipal décide en mars, après vous avoir entendus. Le budget est de 180 000 €.',
    themes: ['environment', 'transport'],
    phases: [
      { kind: 'presentation', startsOn: day(-20), call: 'La réunion publique a réuni 60 personnes ; son compte rendu est en mairie.' },
      { kind: 'proposals', startsOn: day(-5), call: 'Que voulez-vous y faire, y garder, y changer ?' },
      { kind: 'prioritisation', startsOn: day(25), call: 'Appuyez ce qui compte pour vous.' },
      { kind: 'evaluation', startsOn: day(46), call: 'La mairie étudie et répond à chaque proposition.' },
      { kind: 'follow_up', startsOn: day(90), call: 'Suivez les travaux.' }
    ],
    endsOn: day(300)
  })
  const shade = await proposeIdea(ctx, person('amina'), {
    title: 'De l’ombre devant l’église',
    text: 'Trois grands arbres et des bancs dessous, à la place des six places de parking.',
    themes: ['environment'],
    processId: square.id
  })
  for (const name of ['lucie', 'karim', 'paul']) await likeObject(ctx, person(name), shade)
  await proposeIdea(ctx, person('jean'), {
    title: 'Garder trois places pour la boulangerie',
    text: 'Les personnes âgées viennent en voiture. Trois arrêts de quinze minutes suffisent.',
    themes: ['transport'],
    processId: square.id
  })
  const market = await propose(ctx, person('karim'), {
    title: 'Un sol plat pour le marché du samedi',
    text: 'Le sol de la place est plat et se lave à l’eau, pour le marché et pour les fauteuils roulants.\n\nDeux bornes électriques sont posées pour les forains.',
    themes: ['economy'],
    processId: square.id
  })
  for (const name of ['marie_jo', 'amina']) await likeObject(ctx, person(name), market)
  return 1
}
