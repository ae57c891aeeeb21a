// The legal pages and their addresses.
export const LEGAL_PATHS = [
  { page: 'mentions', path: '/mentions-legales' },
  { page: 'privacy', path: '/confidentialite' },
  { page: 'accessibility', path: '/accessibilite' },
  { page: 'terms', path: '/conditions' }
] as const
