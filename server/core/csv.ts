// Tables as text: what other servers and spreadsheets export. Pure.

export interface CsvRecord {
  line: number
  cells: string[]
}

/** RFC 4180, with either line end; quotes inside a cell are doubled. Never throws: odd quotes are text. */
export function readCsv(text: string, separator = ','): CsvRecord[] {
  const records: CsvRecord[] = []
  let cells: string[] = []
  let cell = ''
  let quoted = false
  let line = 1
  let startedAt = 1
  const endCell = (): void => {
    cells.push(cell)
    cell = ''
  }
  const endRecord = (): void => {
    endCell()
    if (cells.some((one) => one.trim() !== '')) records.push({ line: startedAt, cells })
    cells = []
    startedAt = line
  }
  const source = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n')
  for (let at = 0; at < source.length; at += 1) {
    const sign = source[at]!
    if (sign === '\n') line += 1
    if (quoted) {
      if (sign !== '"') cell += sign
      else if (source[at + 1] === '"') {
        cell += '"'
        at += 1
      } else quoted = false
    } else if (sign === '"' && cell === '') quoted = true
    else if (sign === separator) endCell()
    else if (sign === '\n' || sign === '\r') endRecord()
    else cell += sign
  }
  endRecord()
  return records
}

/**
 * A table for a spreadsheet: UTF-8 with a byte order mark and semicolons, as French spreadsheets open it without asking. A cell that would be
 * a formula there begins with an apostrophe (OWASP, CSV injection).
 */
export function writeCsv(rows: string[][]): string {
  const cell = (text: string): string => {
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
    return /[";\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  }
  return `\uFEFF${rows.map((row) => row.map(cell).join(';')).join('\r\n')}\r\n`
}
