// Keywords of filters: what of them a text contains. Pure; the text is plain, the keywords are words of people, never patterns.

export interface Keyword {
  keyword: string
  /** Only where it stands as a word of its own. */
  wholeWord: boolean
}

/** Asks a text for one keyword, whatever the case. Word boundaries count only beside letters and digits, as Mastodon does (custom_filter_keyword.rb). */
export function keywordPattern({ keyword, wholeWord }: Keyword): RegExp {
  const escaped = keyword.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
  const before = wholeWord && /^[\p{L}\p{N}_]/u.test(keyword) ? String.raw`(?<![\p{L}\p{N}_])` : ''
  const after = wholeWord && /[\p{L}\p{N}_]$/u.test(keyword) ? String.raw`(?![\p{L}\p{N}_])` : ''
  return new RegExp(`${before}${escaped}${after}`, 'iu')
}
