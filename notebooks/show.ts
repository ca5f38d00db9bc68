/** How the notebooks show things: a cell that ends with a table or a chart hands it to Jupyter in the forms it knows. */

interface Shown {
  [display: symbol]: () => Readonly<Record<string, unknown>>
}

/** Deno's kernel asks the last value of a cell for this. */
const DISPLAY = Symbol.for('Jupyter.display')

type Value = string | number | boolean | null

/** Rows as a table, in HTML and as text; the first row's keys are its head. Numbers are printed as they are: round them first. */
export function table(rows: readonly Readonly<Record<string, Value>>[]): Shown {
  const names = Object.keys(rows[0] ?? {})
  const isNumber = names.map((name) => rows.every((row) => row[name] === null || !Number.isNaN(amount(row[name]!))))
  const text = rows.map((row) => names.map((name) => String(row[name] ?? '–')))
  const cell = (tag: string, content: string, k: number) =>
    `<${tag} style="text-align: ${isNumber[k] ? 'right' : 'left'}">${escaped(content)}</${tag}>`
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((content, k) => cell(tag, content, k)).join('')}</tr>`
  const html = `<table>\n<thead>\n${line(names, 'th')}\n</thead>\n<tbody>\n${text.map((cells) => line(cells, 'td')).join('\n')}\n</tbody>\n</table>`
  const widths = names.map((name, k) => Math.max(name.length, ...text.map((cells) => cells[k]!.length)))
  const padded = (cells: readonly string[]) =>
    cells
      .map((content, k) => (isNumber[k] ? content.padStart(widths[k]!) : content.padEnd(widths[k]!)))
      .join('  ')
      .trimEnd()
  const plain = [names, widths.map((width) => '─'.repeat(width)), ...text].map(padded).join('\n')
  return { [DISPLAY]: () => ({ 'text/html': html, 'text/plain': plain }) }
}

/** A Vega-Lite chart; `says` is what stands in its place where none can be drawn, so let it tell what is to be seen. */
export function chart(says: string, spec: Readonly<Record<string, unknown>>): Shown {
  const whole = {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    background: 'white',
    ...('vconcat' in spec || 'hconcat' in spec || 'spec' in spec ? {} : { width: 640, height: 260 }),
    config: { axis: { gridColor: '#e8e8e8' }, view: { stroke: '#cccccc' } },
    ...spec,
  }
  return { [DISPLAY]: () => ({ 'application/vnd.vegalite.v5+json': whole, 'text/plain': says }) }
}

export const UP = '#00798c'
export const DOWN = '#d1495b'
export const NEUTRAL = '#8d99ae'
export const OTHER = '#edae49'

/** A number with so many decimals; – where there is none. */
export function fixed(value: number | null, decimals = 3): string {
  return value === null || Number.isNaN(value) ? '–' : unsigned(value.toFixed(decimals))
}

/** A fraction as percent. */
export function percent(value: number | null, decimals = 1): string {
  return value === null ? '–' : `${unsigned((100 * value).toFixed(decimals))} %`
}

/** The day of a time, UTC. */
export function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

/** The hour of a time, UTC. */
export function hour(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace('T', ' ')
}

/** What rounds to nothing has no sign. */
function unsigned(text: string): string {
  return Number(text) === 0 ? text.replace('-', '') : text
}

/** What stands in front of a unit. */
function amount(value: Value): number {
  return typeof value === 'string' ? Number(value.replace(/ (%|MB)$|^–$/g, '') || 0) : Number(value)
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
