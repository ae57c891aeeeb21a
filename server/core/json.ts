// Bytes of strangers into JSON: judged before they are parsed. Knows nothing of ActivityStreams.
import { isUtf8 } from 'node:buffer'
import { AppError } from './errors.ts'

/** Deepest nesting we read: real documents stay under 12, parsers of others overflow in the thousands (security.md J07). */
export const MAX_JSON_DEPTH = 32

const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * The value in `bytes`. Throws document.malformed (not UTF-8 JSON, a BOM, UTF-16, nothing at all) or document.too-deep, both 400.
 * A `__proto__` key is dropped wherever it stands.
 */
export function parseJson(bytes: Buffer, maxDepth: number = MAX_JSON_DEPTH): unknown {
  if (bytes.length === 0 || startsWithBom(bytes) || bytes[0] === 0 || bytes[1] === 0 || !isUtf8(bytes)) throw malformed()
  if (isDeeper(bytes, maxDepth)) throw new AppError('document.too-deep', 400, `The document nests deeper than ${maxDepth} levels.`)
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch (cause) {
    throw malformed(cause)
  }
  return maySpellProto(bytes) ? withoutProto(value) : value
}

/** True when objects and arrays nest deeper than `maxDepth`. One pass over the bytes, no allocation. */
export function isDeeper(bytes: Buffer, maxDepth: number): boolean {
  let depth = 0
  let inString = false
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]!
    if (inString) {
      if (byte === BACKSLASH) at += 1
      else if (byte === QUOTE) inString = false
      continue
    }
    if (byte === QUOTE) inString = true
    else if (byte === 0x7b || byte === 0x5b) {
      depth += 1
      if (depth > maxDepth) return true
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1
  }
  return false
}

function startsWithBom(bytes: Buffer): boolean {
  return (bytes[0] === 0xef && bytes[1] === 0xbb) || (bytes[0] === 0xfe && bytes[1] === 0xff) || (bytes[0] === 0xff && bytes[1] === 0xfe)
}

/** The key in clear, or an escape that could spell one of its letters. */
function maySpellProto(bytes: Buffer): boolean {
  return bytes.includes('__proto__') || bytes.includes('\\u005') || bytes.includes('\\u006') || bytes.includes('\\u007')
}

/** Depth is bounded by then, so recursion is safe. */
function withoutProto(value: unknown): unknown {
  if (Array.isArray(value)) {
    value.forEach(withoutProto)
    return value
  }
  if (typeof value !== 'object' || value === null) return value
  if (Object.hasOwn(value, '__proto__')) delete (value as Record<string, unknown>)['__proto__']
  Object.values(value).forEach(withoutProto)
  return value
}

function malformed(cause?: unknown): AppError {
  return new AppError('document.malformed', 400, 'The body is not a JSON document in UTF-8.', cause === undefined ? {} : { cause })
}
