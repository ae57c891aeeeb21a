// Texts of others, cut to what we keep or show. Pure.

/** At most `max` characters (code points), with an ellipsis where something was left out. */
export function shorten(text: string, max: number): string {
  const signs = [...text]
  if (signs.length <= max) return text
  const kept = signs.slice(0, max - 1).join('')
  return `${kept.trimEnd()}…`
}
