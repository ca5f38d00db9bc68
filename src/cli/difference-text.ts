import { timeName } from '../core/time.ts'
import { METRICS } from '../metrics/index.ts'
import type { Difference } from '../runs/diff-runs.ts'
import { plain } from '../runs/event-text.ts'

const TIMES = [
  ...METRICS.filter(({ unit }) => unit === 'time').map(({ key }) => `metrics.${key}`),
  'range.from',
  'range.to',
]

/** A line of a table of what differs: where, A, B, and B − A of numbers. */
export function valueRow({ key, a, b }: Difference): string[] {
  const isTime = TIMES.includes(key) || /^data\.\d+\.(from|to)$/.test(key)
  const cell = (value: unknown) =>
    value === null
      ? '–'
      : isTime
        ? timeName(value as number)
        : typeof value === 'number'
          ? figure(value)
          : short(String(value))
  const isAmount = typeof a === 'number' && typeof b === 'number' && !isTime
  return [key, cell(a), cell(b), isAmount ? difference(a, b) : '']
}

/** Enough of a figure to compare it by; run.json has every digit. */
const DIGITS = 9

function figure(value: number): string {
  return plain(Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS)))
}

/** To the digits that the figures are shown with: what is left of two that are alike is noise. */
function difference(a: number, b: number): string {
  const largest = Math.floor(Math.log10(Math.max(Math.abs(a), Math.abs(b))))
  const isWhole = Number.isInteger(a) && Number.isInteger(b)
  return plain(isWhole ? b - a : Number((b - a).toFixed(Math.min(20, Math.max(0, DIGITS - 1 - largest)))))
}

/** Hashes by their beginning. */
function short(text: string): string {
  return /^[0-9a-f]{64}$/.test(text) ? text.slice(0, 12) : text
}
