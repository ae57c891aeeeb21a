// The twelve civic themes: what ideas, votes, cards of the directory and events are about. Labels stand in web/locales/areas/themes.

/** In the order people are shown them. */
export const THEMES = [
  'food',
  'health',
  'waste',
  'transport',
  'education',
  'citizenship',
  'economy',
  'energy',
  'culture',
  'environment',
  'digital',
  'sport'
] as const

export type Theme = (typeof THEMES)[number]

/** The themes among these words, each once, in the order of THEMES; other words are left out. */
export function themesAmong(words: readonly string[]): Theme[] {
  return THEMES.filter((theme) => words.includes(theme))
}
