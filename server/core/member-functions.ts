// Functions of members, as people name them: "Trésorière", "élu". Two spellings are one function. Pure.

/** What most groups have; others are typed. */
export const USUAL_FUNCTIONS = ['Présidence', 'Trésorerie', 'Secrétariat', 'Conseil d’administration', 'Bénévole', 'Élu', 'Agent']

/** Without accents, capitals and doubled spaces. */
export function functionKey(name: string): string {
  return name.normalize('NFKD').replaceAll(/\p{M}/gu, '').replaceAll('’', "'").replaceAll(/\s+/g, ' ').trim().toLowerCase()
}

/** Names as they are kept: trimmed, at most `max` characters, each once. */
export function functionNames(typed: readonly string[], max: number): string[] {
  const names = new Map<string, string>()
  for (const one of typed) {
    const name = [...one.replaceAll('\u0000', '').toWellFormed().normalize('NFC').replaceAll(/\s+/g, ' ').trim()].slice(0, max).join('')
    const key = functionKey(name)
    if (key !== '' && !names.has(key)) names.set(key, name)
  }
  return [...names.values()]
}
