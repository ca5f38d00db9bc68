import { printable } from '../csv-cells.ts'
import { type BarText, VenueContentError } from './venue.ts'

/** What every venue's answers are read with: text stays the venue's text, and what is not as promised is a VenueContentError. */

/** A body as JSON. */
export function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch (error) {
    throw new VenueContentError(
      `is no JSON (${(error as Error).message.slice(0, 60)}); it begins with "${printable(body.slice(0, 60))}"`,
    )
  }
}

export function listOf(json: unknown, what: string): readonly unknown[] {
  if (Array.isArray(json)) return json
  throw new VenueContentError(`${what}: is no list but ${printable(JSON.stringify(json) ?? 'nothing')}`)
}

const PLAIN = /^\d+(\.\d+)?$/

/** An amount in the venue's own digits. JSON numbers have lost theirs: only whole ones are taken. */
export function decimalText(value: unknown, where: string): string {
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value
  if (typeof text === 'string' && PLAIN.test(text)) return text
  throw new VenueContentError(
    `${where} is ${printable(JSON.stringify(value) ?? 'absent')}, no decimal number from 0 up`,
  )
}

/** Whether a value is text that is such an amount: most are, and need no words for where they stand. */
export function isDecimalText(value: unknown): value is string {
  return typeof value === 'string' && PLAIN.test(value)
}

/** UTC ms of seconds, milliseconds, microseconds or nanoseconds, told apart by their count of digits (2001 to 2286). */
export function timeMs(value: unknown, where: string): number {
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text === 'string' && /^\d+$/.test(text)) {
    if (text.length === 13) return Number(text)
    if (text.length === 16) return Number(text) / 1000
    if (text.length === 10) return Number(text) * 1000
    if (text.length === 19) return Number(text.slice(0, 16)) / 1000
  }
  throw new VenueContentError(`${where} is ${printable(JSON.stringify(value) ?? 'absent')}, no time in s, ms, µs or ns`)
}

/** Oldest first, whichever way they came; equal times stay in their order, for the pager to judge. */
export function oldestFirst(bars: BarText[]): BarText[] {
  for (let k = 1; k < bars.length; k++)
    if (bars[k]!.openTime < bars[k - 1]!.openTime) return bars.sort((a, b) => a.openTime - b.openTime)
  return bars
}
