// What someone typed in the search box, turned into an actor or an object. Never says why it found nothing.
import type { Ctx } from '../context.ts'
import type { ActorRow, ObjectRow } from '../db/rows.ts'

export async function resolveUri(_ctx: Ctx, _text: string): Promise<{ actor: ActorRow } | { object: ObjectRow } | null> {
  throw new Error('soon')
}
