// Custom emoji of other servers → CustomEmoji entities. Their images come through our own signed proxy and nowhere else (X04). Pure.
import type { Ctx } from '../../../context.ts'
import type { ActorEmoji, ObjectTag } from '../../../db/rows.ts'
import type { CustomEmoji } from './entities.ts'
import { proxied } from './images.ts'

/** The custom emoji among the tags of an object, each shortcode once. */
export function toEmojis(ctx: Ctx, tags: ObjectTag[]): CustomEmoji[] {
  return toCustomEmojis(
    ctx,
    tags.flatMap(({ type, name, icon }) => (type === 'Emoji' && icon ? [{ name, icon }] : []))
  )
}

/** Emoji by name and image, each shortcode once. */
export function toCustomEmojis(ctx: Ctx, emojis: ActorEmoji[]): CustomEmoji[] {
  const found = new Map<string, CustomEmoji>()
  for (const { name, icon } of emojis) {
    const shortcode = /^:([\w+-]{1,64}):$/.exec(name)?.[1]
    if (shortcode === undefined || found.has(shortcode)) continue
    const url = proxied(ctx, icon)
    found.set(shortcode, { shortcode, url, static_url: url, visible_in_picker: false, category: null })
  }
  return [...found.values()]
}
