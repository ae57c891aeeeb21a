// Prints rows as aligned columns for people.

/** Columns padded to their widest cell, a header first; `none` when there are no rows. */
export function table(header: string[], rows: (string | number | null)[][], none = 'Nothing to show.'): string {
  if (rows.length === 0) return none
  const cells = [header, ...rows.map((row) => row.map((cell) => String(cell ?? '–')))]
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)))
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd()
    )
    .join('\n')
}
