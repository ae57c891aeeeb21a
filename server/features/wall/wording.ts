// Typed text and uploads → what a post says. Shared by writing and editing.
import type { Ctx } from '../../context.ts'
import { AppError } from '../../core/errors.ts'
import { MAX_TEXT_CHARACTERS, renderText, splitText } from '../../core/text.ts'
import { attachmentOf } from '../../db/attachments.ts'
import type { ActorRow, MediaRow } from '../../db/rows.ts'
import { requireSite } from '../../db/site.ts'
import type { Wording } from '../../protocol/local-objects.ts'
import { findMentions } from '../../protocol/mentions.ts'
import type { MayAsk } from '../../protocol/resolve.ts'
import { actorUrl, tagUrl } from '../../vocab/iris.ts'

export interface Written {
  wording: Wording
  mentions: ActorRow[]
  hashtags: string[]
}

interface TextInput {
  text: string
  spoilerText?: string
  sensitive?: boolean
  language: string
}

/** Mastodon's own clients cut warnings far below; this only stops abuse. */
const MAX_WARNING_CHARACTERS = 500

/** HTML, mentions (looked up over the network as far as `mayAsk` lets) and hashtags of a text. Throws post.too-long (422). */
export async function writeText(ctx: Ctx, input: TextInput, uploads: MediaRow[], mayAsk: MayAsk | null): Promise<Written> {
  const { origin } = requireSite(ctx)
  const text = input.text.replaceAll('\u0000', '').toWellFormed().normalize('NFC')
  const warning = (input.spoilerText ?? '').replaceAll('\u0000', '').toWellFormed().trim()
  if ([...text].length > MAX_TEXT_CHARACTERS || [...warning].length > MAX_WARNING_CHARACTERS) {
    throw new AppError('post.too-long', 422, `A post has at most ${MAX_TEXT_CHARACTERS} characters.`, {
      details: { max: MAX_TEXT_CHARACTERS }
    })
  }
  const parts = splitText(text)
  const mentions = await findMentions(ctx, parts, mayAsk)
  const content = renderText(parts, {
    tagUrl: (name) => tagUrl(origin, name),
    mentionUrl: (username, host) => {
      const actor = mentions.find(username, host)
      if (actor === null) return null
      return actor.local ? actorUrl(origin, actor.username) : (actor.url ?? actor.iri)
    }
  })
  return {
    wording: {
      name: null,
      summary: warning === '' ? null : warning,
      content,
      source: text,
      language: input.language.slice(0, 20),
      // A warning hides the images too, as on Mastodon.
      sensitive: (input.sensitive ?? false) || warning !== '',
      attachments: uploads.map((upload) => attachmentOf(origin, upload))
    },
    mentions: mentions.actors,
    hashtags: parts.flatMap((part) => (part.kind === 'tag' ? [part.name] : []))
  }
}
