// The emoji of a reaction: EmojiReact (Pleroma, FEP-c0e0) and Misskey's Like. What is neither an emoji nor a known picture is a plain like.
import { readTags } from './normalise-parts.ts'
import { textOf, type Json } from './normalise-values.ts'

export interface Reaction {
  /** One emoji, or `:shortcode:`. */
  emoji: string
  /** Image of a custom emoji. */
  icon: string | null
}

/** Exactly one emoji, however it is composed; also the older ones that come without their variation selector. */
const EMOJI = new RegExp('^(?:\\p{RGI_Emoji}|\\p{Extended_Pictographic}\\uFE0F?)$', 'v')
/** Misskey writes `:name@host:` for emoji of others, `:name@.:` for its own. */
const CUSTOM = /^:([\w+-]{1,64})(?:@[\w.:-]{0,255})?:$/

/** The reaction in an activity, or null. */
export function readReaction(json: Json): Reaction | null {
  const text = textOf(json.content ?? json._misskey_reaction, 400)?.trim() ?? ''
  if (EMOJI.test(text)) return { emoji: text, icon: null }
  const shortcode = CUSTOM.exec(text)?.[1]
  if (shortcode === undefined) return null
  const icon = readTags(json.tag).tags.find(({ type, name }) => type === 'Emoji' && CUSTOM.exec(name)?.[1] === shortcode)?.icon ?? null
  return icon === null ? null : { emoji: `:${shortcode}:`, icon }
}
