// Addresses of files that not everybody may open: they carry a seal with an end, for readers without our cookie (apps, other servers).
import { timingSafeEqual } from 'node:crypto'
import type { Ctx } from '../context.ts'
import type { Attachment, ObjectRow, Visibility } from '../db/rows.ts'

/** Apps keep a timeline open for a day at most before they ask for it again. */
const READER_MS = 12 * 3_600_000
/** Deliveries are tried for a fortnight, and many servers fetch a picture only when somebody looks. */
const PEER_MS = 30 * 24 * 3_600_000
/** Ends fall on full hours, so that an app that asks twice sees one address. */
const STEP_MS = 3_600_000

const OURS = /\/media\/([0-9a-f]{32}\.webp)(?:\?.*)?$/

/** What a seal is about: the object a file hangs on, or the upload that hangs on nothing yet. Null: everybody may open it. */
export type Subject = string | null

export interface Seal {
  /** Milliseconds since 1970. */
  until: number
  seal: string
}

/** Null when everybody may see the object and its files. */
export function subjectOf({ id, visibility }: { id: string; visibility: Visibility }): Subject {
  return visibility === 'public' || visibility === 'unlisted' ? null : id
}

/** The subject of an upload that was not published yet. */
export function uploadSubject(mediaId: string): string {
  return `upload ${mediaId}`
}

/** The address of one of our files with a seal for `subject`. `for`: who gets it. */
export function sealedUrl(ctx: Ctx, url: string, subject: Subject, reader: 'reader' | 'peer'): string {
  const name = OURS.exec(url)?.[1]
  if (subject === null || name === undefined) return url
  const until = sealEnd(ctx, reader)
  return `${url.split('?')[0]}?until=${until}&seal=${sealOf(ctx, `${name} ${subject}`, until)}`
}

/** A seal of this end for any text. */
export function sealOf(ctx: Ctx, text: string, until: number): string {
  return ctx.secrets.hash(`media ${until} ${text}`).subarray(0, 16).toString('base64url')
}

/** When a seal given out now ends. */
export function sealEnd(ctx: Ctx, reader: 'reader' | 'peer'): number {
  const now = ctx.clock.now().getTime()
  return Math.ceil((now + (reader === 'reader' ? READER_MS : PEER_MS)) / STEP_MS) * STEP_MS
}

/** True when the seal is ours, for this text, and has not ended. */
export function sealHolds(ctx: Ctx, text: string, { until, seal }: Seal): boolean {
  const [given, right] = [Buffer.from(seal), Buffer.from(sealOf(ctx, text, until))]
  return given.length === right.length && timingSafeEqual(given, right) && until > ctx.clock.now().getTime()
}

/** True when the seal opens this file as part of `subject`. */
export function sealOpens(ctx: Ctx, name: string, subject: string, seal: Seal): boolean {
  return sealHolds(ctx, `${name} ${subject}`, seal)
}

/** Attachments as the document of the object shows them to other servers. */
export function wireAttachmentsOf(ctx: Ctx, object: Pick<ObjectRow, 'id' | 'visibility' | 'attachments'>): Attachment[] {
  const subject = subjectOf(object)
  return object.attachments.map((attachment) => ({ ...attachment, url: sealedUrl(ctx, attachment.url, subject, 'peer') }))
}

/** The stored document of a private object with seals that hold from now on. */
export function withFreshSeals(ctx: Ctx, doc: Record<string, unknown>, objectId: string): Record<string, unknown> {
  const fresh = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(fresh)
    if (typeof value !== 'object' || value === null) return value
    const { url } = value as { url?: unknown }
    return typeof url === 'string' ? { ...value, url: sealedUrl(ctx, url, objectId, 'peer') } : value
  }
  return {
    ...doc,
    ...('attachment' in doc ? { attachment: fresh(doc['attachment']) } : {}),
    ...('image' in doc ? { image: fresh(doc['image']) } : {})
  }
}
