import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BAR_FIELDS, type Bars } from '../../core/bar.ts'
import type { Execution } from '../../core/execution.ts'
import type { Instrument } from '../../core/instrument.ts'
import { closeTimeOf } from '../../core/interval.ts'
import type { MarginTerms, MarkColumns } from '../../core/leverage.ts'
import type { RiskLimits } from '../../core/risk.ts'
import type { ModelUsed } from '../../core/run.ts'
import { parseSeries, seriesName } from '../../core/series.ts'
import { barsSha256, DataError, writeAtomic } from '../../data/index.ts'
import type { CostOptions, ParamValue } from '../../engine/index.ts'
import type { SafetyRules } from './safety.ts'
import type { WarmUp } from './session-record.ts'

/** One instrument of a session, with all that decides its fills besides its bars. */
export interface SessionSlot {
  readonly series: string
  readonly priceDecimals: number
  readonly instrument: Instrument
  readonly costs: CostOptions
  /** Of a perpetual. */
  readonly margin: MarginTerms | null
  /** Most decimals of a mark price; `null`: positions are marked by the bars. */
  readonly markDecimals: number | null
  /** Whether funding is charged by rates that come with the bars. */
  readonly isFunded: boolean
  readonly warmup: WarmUp
}

/**
 * `session.json`: what a paper session is. Written once, before its first record: rules, fees and the bars before its first stay as
 * they were, whatever becomes of the store, so that its journal comes to the same for ever.
 */
export interface SessionFile {
  readonly version: 1
  /** Eight hex digits. */
  readonly session: string
  readonly name: string
  /** Wall clock, UTC ms. */
  readonly created: number
  readonly klinelab: string
  readonly strategy: { readonly name: string; readonly file: string; readonly code: string }
  readonly params: Readonly<Record<string, ParamValue>>
  /** Open time of the first bar that is traded on, UTC ms. */
  readonly from: number
  /** `to`: exclusive; `null`: all that is stored. */
  readonly mode: { readonly kind: 'live' } | { readonly kind: 'replay'; readonly to: number | null }
  /** Where orders go, in words: `local`, `exchange http://127.0.0.1:8787`, `demo`. */
  readonly broker: string
  readonly fills: 'bars' | 'told'
  readonly cash: number
  readonly quote: string
  readonly limitTouch: boolean
  readonly execution: Execution
  readonly risk: RiskLimits
  readonly safety: SafetyRules
  readonly models: readonly ModelUsed[]
  readonly slots: readonly SessionSlot[]
  /** What the same command has to come to for the session to go on: name → sha256 or value. */
  readonly asked: Readonly<Record<string, string>>
  /** What those are hashes of, for whoever has to be told what is another now; sessions of old have not kept it. */
  readonly said?: Readonly<Record<string, unknown>>
}

/** Bars before a session's first, and the mark prices that go with them. */
export interface WarmSlot {
  readonly bars: Bars
  readonly marks: (MarkColumns & { readonly decimals: number }) | null
}

const SESSION = 'session.json'
const WARMUP = 'warmup.json'
const MARKS = ['open', 'high', 'low', 'close'] as const

/** What `session.json` says of bars before a session's first. */
export function warmUpOf({ bars }: WarmSlot): WarmUp {
  const { openTime, length, series } = bars
  const isThere = length > 0
  return {
    series: seriesName(series),
    rows: length,
    from: isThere ? openTime[0]! : null,
    to: isThere ? closeTimeOf(openTime[length - 1]!, series.interval) : null,
    sha256: barsSha256(bars),
  }
}

/** The bars first: a session is there when its `session.json` is. */
export function writeSession(dir: string, file: SessionFile, warm: readonly WarmSlot[]): void {
  const columns = warm.map(({ bars, marks }) => ({
    ...Object.fromEntries(BAR_FIELDS.map((field) => [field, [...bars[field]]])),
    ...(marks !== null && { marks: MARKS.map((name) => [...marks[name]]) }),
  }))
  writeAtomic(join(dir, WARMUP), `${JSON.stringify(columns)}\n`)
  writeAtomic(join(dir, SESSION), `${JSON.stringify(file, null, 1)}\n`)
}

/** What a session is; `null` where there is none in the folder. @throws DataError where it cannot be read */
export function readSession(dir: string): SessionFile | null {
  const path = join(dir, SESSION)
  if (!existsSync(path)) return null
  const file = parsed(path) as SessionFile
  if (file.version !== 1)
    throw new DataError(`${path}: is of version ${file.version} of session files, which this klinelab does not know`)
  return file
}

/** @throws DataError where they are not those that the session began with */
export function readWarmUp(dir: string, { slots }: SessionFile): readonly WarmSlot[] {
  const path = join(dir, WARMUP)
  const columns = parsed(path) as readonly (Record<string, number[]> & { marks?: number[][] })[]
  return slots.map((slot, k) => {
    const column = (field: string) => Float64Array.from(columns[k]?.[field] ?? [])
    const bars: Bars = {
      ...{ series: parseSeries(slot.series), priceDecimals: slot.priceDecimals, length: slot.warmup.rows },
      ...{ openTime: column('openTime'), open: column('open'), high: column('high'), low: column('low') },
      ...{ close: column('close'), volume: column('volume') },
    }
    if (barsSha256(bars) !== slot.warmup.sha256)
      throw new DataError(
        `${path}: the bars of ${slot.series} are not those that the session began with: it cannot go on from them; begin a new one with --name`,
      )
    if (slot.markDecimals === null) return { bars, marks: null }
    const [open, high, low, close] = (columns[k]!.marks ?? []).map((values) => Float64Array.from(values))
    return { bars, marks: { open: open!, high: high!, low: low!, close: close!, decimals: slot.markDecimals } }
  })
}

function parsed(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new DataError(`${path}: cannot be read (${(error as Error).message})`)
  }
}
