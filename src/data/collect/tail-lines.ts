import { readFileSync } from 'node:fs'
import { DataError } from '../data-error.ts'
import { type BadRow, RowBuffer } from '../rows.ts'
import type { BarText } from '../venues/venue.ts'
import { addBar } from './add-bar.ts'

const FIELDS = [
  'openTime', 'closeTime', 'open', 'high', 'low', 'close', 'volume', 'quoteVolume', 'trades', 'takerBase', 'takerQuote',
] as const satisfies readonly (keyof BarText)[] // biome-ignore format: a list of words

/** The first line: fields of a bar, and when it was heard. */
export const TAIL_HEADER = `${FIELDS.join(',')},at\n`

/** A bar as a line; what the venue does not say is empty. */
export function tailLine(bar: BarText, at: number): string {
  const cells = FIELDS.map((field) => bar[field]).map((value) => (Number.isNaN(value) ? '' : (value ?? '')))
  return `${cells.join(',')},${at}\n`
}

interface TailRead {
  readonly rows: RowBuffer
  /** When each row was heard, UTC ms. */
  readonly heard: readonly number[]
  /** A last line that ends in the middle: its bar was never acknowledged. */
  readonly torn: BadRow | null
  /** When the last bar was heard, UTC ms. */
  readonly at: number
}

/** @throws DataError for a line that is neither whole nor the last: the file was damaged afterwards */
export function readTail(file: string): TailRead {
  const lines = readFileSync(file, 'utf8').split('\n')
  const rest = lines.pop()!
  const rows = new RowBuffer(lines.length)
  const heard: number[] = []
  let last = 0
  for (const [k, line] of lines.entries()) {
    if (k === 0 && `${line}\n` === TAIL_HEADER) continue
    const cells = line.split(',')
    const value = (name: (typeof FIELDS)[number]) => cells[FIELDS.indexOf(name)]!
    const orNull = (name: (typeof FIELDS)[number]) => (value(name) === '' ? null : value(name))
    const at = Number(cells[FIELDS.length])
    try {
      if (cells.length !== FIELDS.length + 1) throw new DataError(`it has ${cells.length} fields`)
      if (![at, Number(value('openTime'))].every(Number.isSafeInteger)) throw new DataError('a time is none')
      addBar(rows, {
        openTime: Number(value('openTime')),
        closeTime: Number(orNull('closeTime') ?? Number.NaN),
        open: value('open'),
        high: value('high'),
        low: value('low'),
        close: value('close'),
        volume: value('volume'),
        quoteVolume: orNull('quoteVolume'),
        trades: orNull('trades') === null ? null : Number(value('trades')),
        takerBase: orNull('takerBase'),
        takerQuote: orNull('takerQuote'),
      })
    } catch (error) {
      throw new DataError(
        `${file}, line ${k + 1}: is damaged (${(error as Error).message}); correct it, or take the line out and get its bar from the venue again`,
      )
    }
    last = Math.max(last, at, rows.openTime[rows.length - 1]!)
    heard.push(at)
  }
  const torn = { file: 'tail.csv', row: lines.length + 1, field: 'row', value: rest, reason: 'ends in the middle' }
  return { rows, heard, torn: rest === '' ? null : torn, at: last }
}
