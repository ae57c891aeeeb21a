// Pictures made safe: recognised by their first bytes, decoded within limits, turned upright, re-encoded to WebP without metadata.
import { encode as encodeBlurhash } from 'blurhash'
import sharp, { type Sharp } from 'sharp'
import { AppError } from '../../core/errors.ts'
import { withImageSlot } from './slots.ts'

/** Refused above: 40 million pixels is any phone's photo, and bounds the memory of one decoding (security.md M02). */
const MAX_PIXELS = 40_000_000
const MAX_FRAMES = 200
const MAX_SECONDS = 10

export interface Encoded {
  body: Buffer
  width: number
  height: number
}

export interface ProcessedImage {
  full: Encoded
  preview: Encoded
  blurhash: string
}

// libvips reads many formats through code nobody audits: only these loaders stay (security.md M03).
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({
  operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp', 'VipsForeignLoadNsgif', 'VipsForeignLoadHeif']
})
// One thread per picture: two pictures at a time are enough for a commune, and leave a core to the requests.
sharp.concurrency(1)
sharp.cache(false)

/** The media type by magic bytes, or null: names and declared types are never believed. HEIC is not AVIF. */
export function imageType(body: Buffer): string | null {
  if (body.length < 16) return null
  if (body.readUIntBE(0, 3) === 0xffd8ff) return 'image/jpeg'
  if (body.subarray(0, 8).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))) return 'image/png'
  const head = body.toString('latin1', 0, 16)
  if (head.startsWith('GIF87a') || head.startsWith('GIF89a')) return 'image/gif'
  if (head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP') return 'image/webp'
  return head.slice(4, 8) === 'ftyp' && ['avif', 'avis'].includes(head.slice(8, 12)) ? 'image/avif' : null
}

/** A picture of a post: at most 1600 px, a preview of 400 px, a blurhash. Throws media.type, media.too-many-pixels, media.broken (422). */
export async function processImage(body: Buffer): Promise<ProcessedImage> {
  return await decoding(body, async () => {
    const animated = await checkHeader(body)
    const full = await encode(
      open(body, animated).resize({ width: 1600, height: 1600, fit: 'inside', withoutEnlargement: true }),
      80,
      animated
    )
    const preview = await encode(open(body).resize({ width: 400, height: 400, fit: 'inside', withoutEnlargement: true }), 75)
    return { full, preview, blurhash: await blurhashOf(preview.body) }
  })
}

/** A picture cut to fill a frame: avatars (400×400) and headers (1500×500). Throws as processImage. */
export async function cutImage(body: Buffer, width: number, height: number): Promise<Encoded> {
  return await decoding(body, async () => {
    await checkHeader(body)
    return await encode(open(body).resize({ width, height, fit: 'cover', position: 'attention' }), 80)
  })
}

/** A remote picture for our pages: at most 1280 px. Throws as processImage. */
export async function shrinkImage(body: Buffer): Promise<Encoded> {
  return await decoding(body, async () => {
    await checkHeader(body)
    return await encode(open(body).resize({ width: 1280, height: 1280, fit: 'inside', withoutEnlargement: true }), 75)
  })
}

/** Reads the header only. True when the picture moves and may be kept moving. */
async function checkHeader(body: Buffer): Promise<boolean> {
  const { width = 0, height = 0, pages = 1 } = await sharp(body, { limitInputPixels: false, failOn: 'error' }).metadata()
  if (width * height > MAX_PIXELS || pages > MAX_FRAMES) {
    throw new AppError('media.too-many-pixels', 422, 'This image is too large (40 million pixels at most).')
  }
  return pages > 1 && width * height * pages <= MAX_PIXELS
}

function open(body: Buffer, animated = false): Sharp {
  const image = sharp(body, { limitInputPixels: MAX_PIXELS, failOn: 'error', animated }).timeout({ seconds: MAX_SECONDS })
  // A moving picture has no orientation, and libvips would turn the strip of frames.
  return animated ? image : image.rotate()
}

/** sharp keeps no metadata unless asked to: EXIF, GPS and XMP are gone (security.md M05). */
async function encode(image: Sharp, quality: number, animated = false): Promise<Encoded> {
  const { data: body, info } = await image.webp({ quality, effort: animated ? 2 : 4 }).toBuffer({ resolveWithObject: true })
  return { body, width: info.width, height: info.pageHeight ?? info.height }
}

async function blurhashOf(body: Buffer): Promise<string> {
  const { data, info } = await sharp(body).resize(32, 32, { fit: 'inside' }).ensureAlpha().raw().toBuffer({ resolveWithObject: true })
  return encodeBlurhash(new Uint8ClampedArray(data), info.width, info.height, 4, 3)
}

async function decoding<Result>(body: Buffer, work: () => Promise<Result>): Promise<Result> {
  if (imageType(body) === null) throw new AppError('media.type', 422, 'Only JPEG, PNG, WebP, GIF and AVIF images are accepted.')
  try {
    return await withImageSlot(work)
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw new AppError('media.broken', 422, 'This image is damaged and cannot be read.', { cause })
  }
}
