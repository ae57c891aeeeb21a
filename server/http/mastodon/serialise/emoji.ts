// Custom emoji of other servers → CustomEmoji entities. Their images come through our own signed proxy and nowhere else (X04). Pure.
import type { Ctx } from '../../../context.ts'
import type { ObjectTag } from '../../../db/rows.ts'
import type { CustomEmoji } from './entities.ts'
import { proxied } from './images.ts'

/** The custom emoji among the tags of an object or an actor, each shortcode once. */
export function toEmojis(ctx: Ctx, tags: ObjectTag[]): CustomEmoji[] {
  const found = new Map<string, CustomEmoji>()
  for (const { type, name, icon } of tags) {
    const shortcode = /^:([\w+-]{1,64}):$/.exec(name)?.[1]
    if (type !== 'Emoji' || !icon || shortcode === undefined || found.has(shortcode)) continue
    const url = proxied(ctx, icon)
    found.set(shortcode, { shortcode, url, static_url: url, visible_in_picker: false, category: null })
  }
  return [...found.values()]
}
