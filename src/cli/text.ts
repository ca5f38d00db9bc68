import type { Part } from '../report/trade-page.ts'

/** A table for the terminal: columns padded, numbers to the right. */
export function tableText(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows]
  const widths = header.map((_, c) => Math.max(...all.map((row) => row[c]!.length)))
  const isNumeric = header.map(
    (_, c) => rows.length > 0 && rows.every((row) => /^[-−+\d–]/.test(row[c]!) && !/^\d{4}-\d\d/.test(row[c]!)),
  )
  const line = (row: readonly string[]) =>
    row
      .map((cell, c) => (isNumeric[c] ? cell.padStart(widths[c]!) : cell.padEnd(widths[c]!)))
      .join('  ')
      .trimEnd()
  return [line(header), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n')
}

const none = '–'

export function percent(value: number | null | undefined, digits = 2): string {
  return value === null || value === undefined ? none : `${fixed(value * 100, digits)} %`
}

export function amount(value: number | null | undefined, digits = 2): string {
  return value === null || value === undefined ? none : grouped(fixed(value, digits))
}

/** A loss too small for the digits is no loss: 0.00, not -0.00. */
function fixed(value: number, digits: number): string {
  const text = value.toFixed(digits)
  return Number(text) === 0 ? (0).toFixed(digits) : text
}

/** 1234567 → 1,234,567. */
export function count(value: number): string {
  return grouped(String(value))
}

/** Thousands parted by commas. Not by `toLocaleString`: its first call alone takes as long as ten thousand of these. */
function grouped(text: string): string {
  const [whole, ...fraction] = text.split('.')
  return [whole!.replace(/\B(?=(\d{3})+$)/g, ','), ...fraction].join('.')
}

export function ratio(value: number | null | undefined): string {
  return value === null || value === undefined ? none : value.toFixed(2)
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`
}

/** Of several series the first, and how many more. */
export function seriesText(series: readonly string[]): string {
  return series.length > 1 ? `${series[0]} +${series.length - 1}` : (series[0] ?? none)
}

/** A title, labelled facts, and a table under them. */
export function partText({ title, facts = [], table }: Part): string {
  const width = Math.max(0, ...facts.map(([label]) => label.length))
  return [
    title,
    ...facts.map(([label, text]) => `  ${label.padEnd(width)}  ${text}`),
    ...(table === undefined
      ? []
      : [
          '',
          ...tableText(table.header, table.rows)
            .split('\n')
            .map((line) => `  ${line}`.trimEnd()),
        ]),
  ].join('\n')
}
