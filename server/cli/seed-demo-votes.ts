// A vote of the demonstration: a group asks its members and the commune everybody.
import type { Ctx } from '../context.ts'
import type { ActorRow } from '../db/rows.ts'
import { castBallot } from '../features/votes/cast.ts'
import { openVote } from '../features/votes/open-vote.ts'

const DAY_MS = 86_400_000

/** Gives how many votes there are then. */
export async function seedVotes(ctx: Ctx, people: Map<string, ActorRow>): Promise<number> {
  const person = (name: string): ActorRow => people.get(name)!
  const inDays = (days: number): string => new Date(ctx.clock.now().getTime() + days * DAY_MS).toISOString()
  const vote = await openVote(ctx, person('lucie'), {
    as: 'fresque',
    title: 'Quelle esquisse peindre ?',
    description: 'Les trois esquisses sont affichées à la médiathèque.',
    method: 'single',
    options: [{ name: 'Les oiseaux du lagon' }, { name: 'La récolte de la canne' }, { name: 'Le bal des enfants' }],
    electorate: 'residents',
    openToAll: true,
    closesAt: inDays(6)
  })
  for (const [name, choice] of [
    ['amina', 0],
    ['jean', 2],
    ['marie_jo', 0],
    ['karim', 1]
  ] as const)
    await castBallot(ctx, person(name), vote.id, { marks: [0, 1, 2].map((at) => (at === choice ? 1 : null)) })
  return 1
}
