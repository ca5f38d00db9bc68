import type { Figure } from '../core/findings.ts'
import type { HeatMap, SweepDocument } from '../core/search.ts'
import { count, NONE, plural } from './format.ts'
import { escapeHtml, figure, section, tableHtml } from './html.ts'
import { shapeOf, shapeText } from './search-format.ts'

/** Pairs that are shown unfolded. */
const OPEN = 3
/** Shades of a heat map, the best the strongest. */
export const SHADES = 8
const MIN_HEIGHT = 200

/** The objective over every pair of parameters. */
export function mapsSection(document: SweepDocument): string {
  const pairs = document.maps.flatMap((map, k) =>
    map.cells.some(({ best }) => best !== null) ? [mapPair(document, map, k)] : [],
  )
  if (pairs.length === 0) return ''
  const folded = pairs.slice(OPEN)
  return section(
    'maps',
    'Over two parameters',
    '<p>A plateau of strong cells can be trusted further than one strong cell among weak ones. Medians hide a lucky trial, the best shows it.</p>',
    ...pairs.slice(0, OPEN),
    folded.length === 0
      ? ''
      : `<details><summary>${plural(folded.length, 'more pair')} of parameters</summary>${folded.join('\n')}</details>`,
  )
}

function mapPair(document: SweepDocument, map: HeatMap, at: number): string {
  const height = Math.min(460, Math.max(MIN_HEIGHT, 80 + 24 * map.rows.length))
  const { label } = shapeOf(document.search.objective.name)
  const values = (of: 'median' | 'best') =>
    rangeWords(
      document,
      map.cells.map((cell) => cell[of]),
    )
  const one = (of: 'median' | 'best', title: string, words: string) =>
    figure(`chart-map-${at}-${of}`, `${label} over ${map.x} and ${map.y}${title}`, escapeHtml(words), height)
  if (isSingle(map))
    return `${one('best', '', `Strong ${values('best')}. Framed: the best of all.`)}${folded('As a table', document, map)}`
  return `<div class="pair">${one('median', ': median', `Median of each cell’s trials: strong ${values('median')}.`)}${one('best', ': best', `Best of each cell’s trials: strong ${values('best')}. Framed: the best of all.`)}</div>${folded('Both as a table', document, map)}`
}

function folded(summary: string, document: SweepDocument, map: HeatMap): string {
  return `<details class="cells"><summary>${summary}</summary>${mapTable(document, map)}</details>`
}

/** Where no cell has several trials, one picture tells all. */
function isSingle({ cells }: HeatMap): boolean {
  return cells.every(({ trials }) => trials < 2)
}

function rangeWords(document: SweepDocument, values: readonly Figure[]): string {
  const known = values.filter((value) => value !== null)
  const { form } = shapeOf(document.search.objective.name)
  const ends = [Math.min(...known), Math.max(...known)]
  const [pale, strong] = document.search.objective.goal === 'max' ? ends : ends.reverse()
  return `${shapeText(form, strong, document)}, pale ${shapeText(form, pale, document)}`
}

function mapTable(document: SweepDocument, map: HeatMap): string {
  const { form } = shapeOf(document.search.objective.name)
  const text = (value: Figure) => shapeText(form, value, document)
  const cellOf = new Map(map.cells.map((cell) => [cell.row * map.columns.length + cell.column, cell]))
  const isAlone = isSingle(map)
  return tableHtml(
    `Down: ${map.y}; across: ${map.x}${isAlone ? '' : '. Median, and small the best of how many trials'}`,
    [{ title: map.y }, ...map.columns.map((title) => ({ title, kind: 'number' as const }))],
    map.rows.map((name, row) => [
      escapeHtml(name),
      ...map.columns.map((_, column) => {
        const cell = cellOf.get(row * map.columns.length + column)
        if (cell === undefined) return NONE
        if (isAlone) return text(cell.best)
        return `${text(cell.median)}<span class="how">${text(cell.best)} of ${count(cell.trials)}</span>`
      }),
    ]),
  )
}

/** Cells with their shade and text, as the page draws them. */
export function mapsPayload(document: SweepDocument) {
  const { best, search } = document
  const { form } = shapeOf(search.objective.name)
  return document.maps.map(({ x, y, columns, rows, cells }) => {
    const shaded = (of: 'median' | 'best') => {
      const shade = shadesOf(
        cells.map((cell) => cell[of]),
        search.objective.goal,
      )
      return cells.map((cell) => ({ shade: shade(cell[of]), text: shapeText(form, cell[of], document) }))
    }
    const [median, most] = [shaded('median'), shaded('best')]
    return {
      ...{ x, y, columns, rows },
      cells: cells.map((cell, k) => ({
        ...{ column: cell.column, row: cell.row, trials: cell.trials, median: median[k]!, best: most[k]! },
        isBest: best !== null && cell.best === best.objective,
      })),
    }
  })
}

/** From the worst, 0, to the best; −1: no value. What is far below the others takes no shades from them. */
function shadesOf(values: readonly Figure[], goal: 'max' | 'min'): (value: Figure) => number {
  const sign = goal === 'max' ? 1 : -1
  const known = values.flatMap((value) => (value === null ? [] : [sign * value])).sort((a, b) => a - b)
  const low = known[Math.floor(known.length / 20)] ?? 0
  const high = known.at(-1) ?? 0
  return (value) => {
    if (value === null) return -1
    const share = high > low ? (sign * value - low) / (high - low) : 1
    return Math.min(SHADES - 1, Math.max(0, Math.floor(share * SHADES)))
  }
}
