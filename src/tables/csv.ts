/** Begins like a formula, whatever quotes stand before it: one more is added and taken off again. */
const FORMULA = /^'*[=+\-@\t\r]/

/** RFC 4180 cells; numbers as plain decimals without exponent, so that every spreadsheet reads them alike. */
export function csvCell(value: string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return plain(value)
  // a text that begins like a formula would be run by spreadsheets; a leading quote keeps it a text
  const text = FORMULA.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function plain(value: number): string {
  const text = String(value)
  if (!text.includes('e')) return text
  const e = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text)
  if (e === null) return text
  const [, sign, first, rest = '', power] = e
  const exponent = Number(power)
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${first}${rest}`
  return `${sign}${first}${rest.padEnd(exponent, '0')}`
}

/** Cells of one CSV text, quotes undone. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let cell = ''
  let isQuoted = false
  for (let k = 0; k < text.length; k++) {
    const c = text[k]!
    if (isQuoted) {
      if (c !== '"') cell += c
      else if (text[k + 1] === '"') cell += text[++k]
      else isQuoted = false
    } else if (c === '"') isQuoted = true
    else if (c === ',' || c === '\n') {
      row.push(cell)
      cell = ''
      if (c === '\n') {
        rows.push(row)
        row = []
      }
    } else if (c !== '\r') cell += c
  }
  if (cell !== '' || row.length > 0) rows.push([...row, cell])
  return rows
}

/** Undoes the guard of `csvCell`. */
export function textOf(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell
}
