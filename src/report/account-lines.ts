import type { EquityColumns, RunResult } from '../core/run.ts'
import { extremeRows } from './downsample.ts'
import { packTimes, type Times } from './pack.ts'

/** Points a chart has across: the widest one is 1100 CSS pixels. */
export const PIXELS = 1100

export interface Line {
  readonly t: Times
  readonly v: readonly number[]
}

export interface NamedLine extends Line {
  readonly name: string
}

export function lineOf(time: Float64Array, values: Float64Array, digits: number, pixels = PIXELS): Line {
  const rows = extremeRows(values, pixels).filter((row) => Number.isFinite(values[row]!))
  return {
    t: packTimes(rows.map((row) => time[row]!)),
    v: Array.from(rows, (row) => Number(values[row]!.toPrecision(digits))),
  }
}

/** What the charts of the account are drawn from: how much was held, on which margin, and what funding came to. */
export function accountLines(result: RunResult) {
  const { equity, margin, fills } = result
  if (fills.length === 0) return { exposure: [], margin: [], funding: [] }
  return {
    exposure: [
      { name: 'gross', ...lineOf(equity.time, equity.exposure, 5) },
      ...(margin === null ? [] : [{ name: 'net', ...lineOf(equity.time, margin.net, 5) }]),
    ],
    margin: margin === null ? [] : marginLines(equity, margin),
    funding: fundingLines(result),
  }
}

function marginLines({ time }: EquityColumns, margin: NonNullable<RunResult['margin']>): NamedLine[] {
  return [
    { name: 'initial margin', ...lineOf(time, margin.initial, 5) },
    { name: 'maintenance margin', ...lineOf(time, margin.maintenance, 5) },
  ]
}

/** Funding paid so far, of each symbol that was charged, and of all where there are several. */
function fundingLines({ document, events }: RunResult): NamedLine[] {
  const charged = events.filter((event) => event.type === 'funding').sort((a, b) => a.at - b.at)
  const symbols = document.perpetuals
    .map(({ symbol }) => symbol)
    .filter((symbol) => charged.some((event) => event.symbol === symbol))
  const { from, to } = document.range
  const line = (name: string, of: typeof charged): NamedLine => {
    let sum = 0
    const paid = of.map((event) => (sum += event.paid))
    return {
      name,
      ...lineOf(Float64Array.of(from, ...of.map(({ at }) => at), to), Float64Array.of(0, ...paid, sum), 8),
    }
  }
  const each = symbols.map((symbol) =>
    line(
      symbol,
      charged.filter((event) => event.symbol === symbol),
    ),
  )
  return each.length > 1 ? [...each, line('together', charged)] : each
}
