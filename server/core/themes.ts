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

// What has no theme but hashtags (events, posts) is about one when it carries one of these. Folded as tags are.
const TAGS: Record<Theme, string[]> = {
  food: ['alimentation', 'food', 'cuisine', 'marche'],
  health: ['sante', 'health'],
  waste: ['dechets', 'waste', 'compost', 'reparation'],
  transport: ['transport', 'transports', 'velo', 'mobilite'],
  education: ['education', 'ecole', 'formation'],
  citizenship: ['citoyennete', 'citizenship', 'conseilmunicipal', 'democratie'],
  economy: ['economie', 'economy', 'commerce', 'emploi'],
  energy: ['energie', 'energy', 'climat'],
  culture: ['culture', 'musique', 'concert', 'theatre', 'cinema', 'exposition'],
  environment: ['environnement', 'environment', 'nature', 'jardin'],
  digital: ['numerique', 'digital'],
  sport: ['sport', 'sports', 'randonnee']
}

/** The hashtags that say a theme. */
export function tagsOf(theme: Theme): string[] {
  return TAGS[theme]
}
