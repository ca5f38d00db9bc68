import { DataError } from './data-error.ts'
import type { DecimalField, RowBuffer } from './rows.ts'
import { timeText } from './validate.ts'

/**
 * Which rows one that comes later and says otherwise takes the place of: none (files imported by hand: nobody knows which is right), what
 * was stored (a venue's later answer), or also what came before it in the same portion (a stream, in the order in which it was heard).
 */
export type Replaces = 'none' | 'stored' | 'all'

/** A row that another one took the place of. */
interface Replaced {
  readonly was: number
  readonly is: number
  readonly field: DecimalField | 'trades'
}

export interface United {
  /** Rows by open time, each time once. */
  readonly unique: Uint32Array
  /** Fresh rows that said what another says. */
  readonly repeated: readonly number[]
  /** Rows of times that had no bar, or a made one. */
  readonly added: readonly number[]
  readonly replaced: readonly Replaced[]
  /** Fresh rows that say otherwise than stored, and are the older word. */
  readonly refused: readonly Replaced[]
  /** Stored rows that were told what they did not know. */
  readonly completed: number
}

/**
 * Stored and fresh rows, both by open time, put together.
 * @param isOlder whether a fresh row gives way to the stored one of its time
 * @param isMade whether the stored bar of a time is one that was made, which gives way to whatever comes
 * @throws DataError where two rows of one time differ and neither may take the other's place
 */
export function unite(
  rows: RowBuffer,
  stored: Uint32Array,
  fresh: Uint32Array,
  replaces: Replaces,
  isMade: (openTime: number) => boolean,
  isOlder: (row: number) => boolean = () => false,
): United {
  const unique = new Uint32Array(stored.length + fresh.length)
  const [repeated, added, replaced]: [number[], number[], Replaced[]] = [[], [], []]
  const refused: Replaced[] = []
  let count = 0
  let completed = 0
  for (let s = 0, f = 0; s < stored.length || f < fresh.length; ) {
    const before = s < stored.length ? stored[s]! : -1
    if (f >= fresh.length || (before >= 0 && rows.openTime[before]! < rows.openTime[fresh[f]!]!)) {
      unique[count++] = before
      s++
      continue
    }
    const at = rows.openTime[fresh[f]!]!
    const isKnown = before >= 0 && rows.openTime[before] === at
    if (isKnown) s++
    const old = isKnown && !isMade(at) ? before : -1
    let now = replaces === 'none' ? old : -1
    const later: Replaced[] = []
    for (; f < fresh.length && rows.openTime[fresh[f]!] === at; f++) {
      const row = fresh[f]!
      const other = old < 0 || !isOlder(row) ? null : rows.differingField(old, row)
      if (other !== null) {
        refused.push({ was: old, is: row, field: other })
        continue
      }
      const field = now < 0 ? null : rows.differingField(now, row)
      if (field !== null) {
        if (replaces !== 'all') throw twoRows(rows, now, row, field)
        later.push({ was: now, is: row, field })
      } else if (now >= 0) {
        repeated.push(row)
        if (replaces !== 'none') rows.complete(now, row)
        continue
      }
      now = row
    }
    if (old < 0) {
      added.push(now)
      replaced.push(...later)
    } else if (now < 0) now = old
    else if (replaces !== 'none') {
      const field = rows.differingField(old, now)
      if (field !== null) replaced.push({ was: old, is: now, field })
      else {
        repeated.push(now)
        if (rows.complete(old, now)) completed++
        now = old
      }
    }
    unique[count++] = now
  }
  return { unique: unique.subarray(0, count), repeated, added, replaced, refused, completed }
}

function twoRows(rows: RowBuffer, first: number, second: number, field: Replaced['field']): DataError {
  const said = (row: number) => `${rows.name(row)} row ${rows.line[row]}`
  const value = (row: number) => rows.text(field, row)
  return new DataError(
    `two different rows for ${timeText(rows.openTime[second]!)}: ${said(first)} has ${field} ${value(first)}, ${said(second)} has ${value(second)}. Nothing was stored; find out which is right and leave the other out.`,
  )
}
