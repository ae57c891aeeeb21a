// A name as it can stand in an address.

/** "Comité des fêtes" → "comite_des_fetes": what usernames may hold (a–z, 0–9, _), at most 30 characters. */
export function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll('œ', 'oe')
    .replaceAll('æ', 'ae')
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, 30)
    .replace(/^_+|_+$/g, '')
}
