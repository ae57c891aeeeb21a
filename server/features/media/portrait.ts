// Avatars and headers: cut to their frame and stored; the profile keeps the address.
import type { Ctx } from '../../context.ts'
import type { ActorImage } from '../../db/rows.ts'
import { mediaUrlPath, storeFile } from './files.ts'
import { cutImage } from './image.ts'

/** Sizes Mastodon's clients expect. */
const FRAMES = { avatar: [400, 400], header: [1500, 500] } as const

/** Stores a picture as avatar or header. Throws media.* (422). */
export async function storePortrait(ctx: Ctx, kind: keyof typeof FRAMES, body: Buffer, name = ''): Promise<ActorImage> {
  const [width, height] = FRAMES[kind]
  const image = await cutImage(body, width, height)
  const file = await storeFile(ctx, image.body)
  return { url: mediaUrlPath(file), mediaType: 'image/webp', name: name.slice(0, 1500) || null }
}
