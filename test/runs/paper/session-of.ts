import { resolve } from 'node:path'
import { firstRowAt, sliceBars } from '../../../src/core/bar.ts'
import { closeTimeOf } from '../../../src/core/interval.ts'
import type { EngineResult } from '../../../src/core/run.ts'
import type { LiveInput, LiveRunOptions } from '../../../src/runs/paper/live-run.ts'
import { LiveRun } from '../../../src/runs/paper/live-run.ts'
import type { LiveSlotOptions } from '../../../src/runs/paper/live-slot.ts'
import { prepare } from '../../../src/runs/prepare.ts'
import { settle } from '../../../src/runs/settings.ts'
import type { SimulateOptions } from '../../../src/runs/simulate.ts'
import { ROOT } from '../../cli/klinelab.ts'

type Given = Parameters<typeof settle>[0]

/** What a backtest on the embedded data would simulate. */
export async function prepared(
  strategy: string,
  data: readonly string[],
  range: { readonly from: number; readonly to: number },
  given: Given = {},
): Promise<SimulateOptions> {
  const settings = settle({ store: resolve(ROOT, 'datasets'), ...given }, { config: {}, file: null }, {}, ROOT)
  const file = resolve(ROOT, 'strategies', `${strategy}.ts`)
  const { options } = await prepare({ strategy: file, data: [...data], ...range }, settings)
  return options
}

export interface Session {
  readonly options: LiveRunOptions
  readonly inputs: readonly LiveInput[]
}

/** The same as a session: what is known before it, and what it is told, in order. */
export function sessionOf(of: SimulateOptions, models: readonly LiveSlotOptions['models'][] = []): Session {
  const { strategy, params, from, cash, limitTouch, path, execution, risk } = of
  const options: LiveRunOptions = {
    ...{ strategy, params, from, cash, limitTouch, path, execution, risk, fills: 'bars' },
    slots: of.slots.map(({ instrument, bars, costs, margin, marks, funding }, k) => {
      const start = firstRowAt(bars.openTime, from)
      const before = funding ? firstRowAt(funding.time, from) : 0
      const cut = (column: Float64Array, to: number) => column.slice(0, to)
      return {
        ...{ instrument, costs, margin, models: models[k] },
        bars: sliceBars(bars, 0, start),
        marks: marks && {
          decimals: marks.decimals,
          open: cut(marks.open, start),
          high: cut(marks.high, start),
          low: cut(marks.low, start),
          close: cut(marks.close, start),
        },
        funding: funding && {
          time: cut(funding.time, before),
          rate: cut(funding.rate, before),
          mark: cut(funding.mark, before),
        },
      }
    }),
  }
  return { options, inputs: inputsOf(of) }
}

function inputsOf({ slots, from }: SimulateOptions): LiveInput[] {
  const timed: { at: number; order: number; input: LiveInput }[] = []
  const instants = new Map<number, Extract<LiveInput, { kind: 'bars' }>['bars'][number][]>()
  for (const [slot, { bars, marks, funding }] of slots.entries()) {
    for (let row = firstRowAt(bars.openTime, from); row < bars.length; row++) {
      const at = closeTimeOf(bars.openTime[row]!, bars.series.interval)
      const { openTime, open, high, low, close, volume } = bars
      const bar = {
        ...{ slot, openTime: openTime[row]!, open: open[row]!, high: high[row]! },
        ...{ low: low[row]!, close: close[row]!, volume: volume[row]! },
        ...(marks && {
          mark: { open: marks.open[row]!, high: marks.high[row]!, low: marks.low[row]!, close: marks.close[row]! },
        }),
      }
      instants.set(at, [...(instants.get(at) ?? []), bar])
    }
    for (let k = funding ? firstRowAt(funding.time, from) : 0; funding && k < funding.time.length; k++) {
      const [time, rate, mark] = [funding.time[k]!, funding.rate[k]!, funding.mark[k]!]
      const input = { kind: 'funding', slot, time, rate, mark: Number.isNaN(mark) ? null : mark } as const
      timed.push({ at: time, order: 1, input })
    }
  }
  for (const [at, bars] of instants) timed.push({ at, order: 0, input: { kind: 'bars', at, bars } })
  return timed.sort((a, b) => a.at - b.at || a.order - b.order).map(({ input }) => input)
}

/** Told of everything, one input after the other. */
export function played({ options, inputs }: Session): LiveRun {
  const run = new LiveRun(options)
  for (const input of inputs) run.take(input)
  return run
}

const COLUMNS = ['time', 'equity', 'cash', 'exposure'] as const

/** Everything that a run has come to, as text and bytes: equal texts are equal bits. */
export function bytesOf(result: EngineResult): string {
  const columns = COLUMNS.map((name) => {
    const column = result.equity[name]
    return Buffer.from(column.buffer, column.byteOffset, column.byteLength).toString('base64')
  })
  return JSON.stringify([result, columns])
}
