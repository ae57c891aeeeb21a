// JSON as PostgreSQL accepts it: text columns refuse NUL, jsonb also lone surrogates, and foreign documents may hold both.

const FORBIDDEN = /\\u(0000|d[89a-f][0-9a-f]{2})/i

/** JSON text in which no string holds a NUL or a lone surrogate. Costs one scan more than JSON.stringify for honest documents. */
export function jsonForPostgres(value: unknown): string {
  const text = JSON.stringify(value)
  if (!FORBIDDEN.test(text)) return text
  return JSON.stringify(clean(JSON.parse(text) as unknown))
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\u0000', '').toWellFormed()
  if (Array.isArray(value)) return value.map(clean)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [clean(key) as string, clean(item)]))
}
