import { type Bars, firstRowAt, sliceBars } from '../core/bar.ts'
import { closeTimeOf } from '../core/interval.ts'
import type { MarkColumns } from '../core/leverage.ts'
import type { Predictions } from '../core/predictor.ts'
import type { TimeRange } from '../core/search.ts'
import { averageOf } from './average-price.ts'
import type { Prepared } from './prepare.ts'
import type { SimulateOptions, SimulateSlot } from './simulate.ts'

/** A series of a scene: that of a simulation as plain data. */
interface SceneSlot extends Omit<SimulateSlot, 'referenceAt' | 'columns' | 'higher'> {
  /** The 1m bars behind PERCENT_PRICE. */
  readonly minutes: Bars | null
}

/** What every trial of a search is run on: all of a simulation but its parameters, as plain data that threads can share. */
export interface Scene extends Omit<SimulateOptions, 'strategy' | 'params' | 'slots' | 'memory' | 'onProgress'> {
  readonly slots: readonly SceneSlot[]
  readonly riskFree: number
}

export function sceneOf({ options, loaded }: Prepared, riskFree: number): Scene {
  const { strategy: _, params: __, slots, ...rest } = options
  return {
    ...rest,
    riskFree,
    slots: slots.map(({ referenceAt: ___, ...slot }, k) => ({ ...slot, minutes: loaded[k]!.average?.minutes ?? null })),
  }
}

/** Plain data with every column in memory that threads share. A column that stands in two places is one afterwards, too. */
export function shareColumns<T>(data: T): T {
  const known = new Map<ArrayBufferLike, Map<string, unknown>>()
  const share = (value: unknown): unknown => {
    if (value instanceof Float64Array) return shareColumn(value, known)
    if (Array.isArray(value)) return value.map(share)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, share(part)]))
  }
  return share(data) as T
}

function shareColumn(column: Float64Array, known: Map<ArrayBufferLike, Map<string, unknown>>): Float64Array {
  if (column.buffer instanceof SharedArrayBuffer) return column
  const ofBuffer = known.get(column.buffer) ?? new Map<string, unknown>()
  known.set(column.buffer, ofBuffer)
  const place = `${column.byteOffset}:${column.length}`
  const shared = (ofBuffer.get(place) as Float64Array | undefined) ?? sharedColumn(column.length)
  if (!ofBuffer.has(place)) shared.set(column)
  ofBuffer.set(place, shared)
  return shared
}

export function sharedColumn(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(8 * length))
}

/** Bytes of all columns of plain data. */
export function columnBytes(data: unknown): number {
  const seen = new Map<ArrayBufferLike, Set<string>>()
  let bytes = 0
  const add = (value: unknown): void => {
    if (value instanceof Float64Array) {
      const places = seen.get(value.buffer) ?? new Set<string>()
      seen.set(value.buffer, places)
      const place = `${value.byteOffset}:${value.length}`
      if (!places.has(place)) bytes += value.byteLength
      places.add(place)
    } else if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) add(part)
  }
  add(data)
  return bytes
}

/** A scene's slots as a simulation takes them; until `range.to` where one is given, and with so many bars before `range.from`. */
export function slotsOf(scene: Scene, range?: TimeRange, warmup = Number.POSITIVE_INFINITY): SimulateSlot[] {
  return scene.slots.map((slot) => {
    const { minutes, ...rest } = range === undefined ? slot : within(slot, range, warmup)
    return { ...rest, referenceAt: minutes === null ? null : averageOf(rest.bars, minutes) }
  })
}

/** Those with bars from a time on: a series that begins later, or has ended before, cannot be traded. */
export function tradedFrom<S extends { readonly bars: Bars }>(slots: readonly S[], from: number): readonly S[] {
  return slots.filter(({ bars }) => firstRowAt(bars.openTime, from) < bars.length)
}

/** Open of the first of all bars from a time on, UTC ms; that time where there is none. */
export function firstOpen(slots: readonly { readonly bars: Bars }[], from: number): number {
  const opens = tradedFrom(slots, from).map(({ bars: { openTime } }) => openTime[firstRowAt(openTime, from)]!)
  return opens.length > 0 ? Math.min(...opens) : from
}

/** Bars from so many before a time on that are closed by another, and what goes with them row by row. */
function within(slot: SceneSlot, { from, to }: TimeRange, warmup: number): SceneSlot {
  const { bars, models, marks } = slot
  const { interval } = bars.series
  let end = firstRowAt(bars.openTime, to)
  while (end > 0 && closeTimeOf(bars.openTime[end - 1]!, interval) > to) end--
  const first = Math.min(end, Math.max(0, firstRowAt(bars.openTime, from) - warmup))
  if (first === 0 && end === bars.length) return slot
  return {
    ...slot,
    bars: sliceBars(bars, first, end),
    ...(models !== undefined && { models: predictionsWithin(models, first, end) }),
    ...(marks && { marks: marksWithin(marks, first, end) }),
  }
}

function predictionsWithin(models: Predictions, first: number, end: number): Predictions {
  return Object.fromEntries(
    Object.entries(models).map(([name, outputs]) => [
      name,
      Object.fromEntries(Object.entries(outputs).map(([output, values]) => [output, values.subarray(first, end)])),
    ]),
  )
}

function marksWithin<M extends MarkColumns>(marks: M, first: number, end: number): M {
  const { open, high, low, close } = marks
  const part = (column: Float64Array) => column.subarray(first, end)
  return { ...marks, open: part(open), high: part(high), low: part(low), close: part(close) }
}
