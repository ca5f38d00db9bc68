import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import * as theirs from 'technicalindicators'
import { type BarField, type Bars, sliceBars } from '../../src/core/bar.ts'
import type { Indicator } from '../../src/core/indicator.ts'
import { adx, atr, batchColumns, bollinger, ema, macd, rsi, sma, stochastic } from '../../src/indicators/index.ts'
import { fillColumns } from '../../src/indicators/plan.ts'
import { type Bench, type BenchRow, interleaved, type Timing } from './bench.ts'
import { median, withFolder } from './process.ts'
import { MINUTES_NOTE, realMinuteBars } from './real-bars.ts'

/**
 * technicalindicators is measured on fewer bars, or this would take minutes; enough of them for the garbage it makes to be
 * collected within a pass.
 */
const THEIR_BARS = 400_000

/*
 * The best of the rounds counts, on both sides: a pass of ours takes a few milliseconds, less than the slice a busy machine
 * gives it, so that the best tells what the code costs and the median what else ran meanwhile. Ours goes first and by
 * itself: the garbage of theirs makes the process give memory back, and then ours would pay for fresh pages on every
 * pass, which on a virtual machine takes longer (10 ns a bar and column were seen) than most indicators.
 */

interface Subject {
  readonly name: string
  readonly indicator: Indicator
  readonly theirs: (input: ReturnType<typeof lists>) => readonly unknown[]
  /** What TA-Lib's C took where peers.md 0b was measured, ns a bar. */
  readonly talib: number
}

const SUBJECTS: readonly Subject[] = [
  {
    name: 'SMA 20',
    indicator: sma(20),
    theirs: (x) => theirs.SMA.calculate({ ...x, period: 20 }),
    talib: 1.5,
  },
  {
    name: 'EMA 20',
    indicator: ema(20),
    theirs: (x) => theirs.EMA.calculate({ ...x, period: 20 }),
    talib: 2.5,
  },
  {
    name: 'RSI 14',
    indicator: rsi(14),
    theirs: (x) => theirs.RSI.calculate({ ...x, period: 14 }),
    talib: 4,
  },
  {
    name: 'MACD 12 26 9',
    indicator: macd(12, 26, 9),
    theirs: (x) =>
      theirs.MACD.calculate({
        ...x,
        fastPeriod: 12,
        slowPeriod: 26,
        signalPeriod: 9,
        SimpleMAOscillator: false,
        SimpleMASignal: false,
      }),
    talib: 3.8,
  },
  {
    name: 'Bollinger 20',
    indicator: bollinger(20, 2),
    theirs: (x) => theirs.BollingerBands.calculate({ ...x, period: 20, stdDev: 2 }),
    talib: 6.4,
  },
  {
    name: 'ATR 14',
    indicator: atr(14),
    theirs: (x) => theirs.ATR.calculate({ ...x, period: 14 }),
    talib: 1.7,
  },
  {
    name: 'ADX 14',
    indicator: adx(14),
    theirs: (x) => theirs.ADX.calculate({ ...x, period: 14 }),
    talib: 15,
  },
  {
    name: 'Stochastic 14 3 3',
    indicator: stochastic(14, 3, 3),
    // theirs has the fast form only, which is less work
    theirs: (x) => theirs.Stochastic.calculate({ ...x, period: 14, signalPeriod: 3 }),
    talib: 18,
  },
]

const bench: Bench = async () => {
  const bars = await realMinuteBars()
  const rows: BenchRow[] = []
  const few = lists(sliceBars(bars, 0, THEIR_BARS))
  for (const { name, indicator, theirs, talib } of SUBJECTS) {
    const [us] = interleaved([() => batchOf(indicator, bars)], 25, 5)
    const [them] = interleaved([() => theirs(few).length < 1], 5, 1)
    rows.push({
      name: `${name} against technicalindicators`,
      value: them!.fastest / THEIR_BARS / (us!.fastest / bars.length),
      unit: '×',
      must: 10,
      aim: null,
      better: 'higher',
      detail: `${MINUTES_NOTE}; ns a bar at best: ours ${perBar(us!, bars.length)} over ${bars.length} bars into new columns, theirs ${perBar(them!, THEIR_BARS)} over ${THEIR_BARS}; TA-Lib's C ${talib} on the reference machine`,
    })
  }
  return [...rows, ...(await againstTalib(bars))]
}

function batchOf(indicator: Indicator, bars: Bars): void {
  batchColumns({ it: indicator }, bars)
}

function lists(bars: Bars) {
  return {
    open: [...bars.open],
    high: [...bars.high],
    low: [...bars.low],
    close: [...bars.close],
    values: [...bars.close],
  }
}

function perBar({ median, fastest }: Timing, bars: number): string {
  return `${((fastest * 1e6) / bars).toFixed(1)} (median ${((median * 1e6) / bars).toFixed(1)})`
}

/** The same bars through TA-Lib's C in the same run, where a python with TA-Lib is named. */
async function againstTalib(bars: Bars): Promise<readonly BenchRow[]> {
  const python = process.env['KLINELAB_BENCH_PYTHON']
  if (python === undefined) {
    console.error('  without TA-Lib: set KLINELAB_BENCH_PYTHON to a python that has it; see README.md')
    return []
  }
  return withFolder(async (folder) => {
    mkdirSync(folder, { recursive: true })
    for (const field of ['high', 'low', 'close'] as const) {
      const { buffer, byteOffset, byteLength } = bars[field]
      writeFileSync(join(folder, field), new Uint8Array(buffer, byteOffset, byteLength))
    }
    const script = join(import.meta.dirname, 'peers', 'run_talib.py')
    const child = spawn(python, [script, folder], { stdio: ['pipe', 'pipe', 'inherit'] })
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const read = async () => {
      const { value, done } = await lines.next()
      return done ? null : (value as string)
    }
    const version = await read()
    if (version === null) {
      console.error('  without TA-Lib: that python has none')
      return []
    }
    const rows: BenchRow[] = []
    for (const { name, indicator } of SUBJECTS) {
      // TA-Lib's C writes into arrays it is given; NumPy's allocator hands it the same ones again and again
      const inputs = indicator.inputs.map((input) => bars[input as BarField])
      const outputs = indicator.outputs.map(() => new Float64Array(bars.length))
      const ours: number[] = []
      const talib: number[] = []
      for (let round = -3; round < 15; round++) {
        const start = performance.now()
        fillColumns(indicator, inputs, outputs, 0, bars.length, bars.priceDecimals)
        const ms = performance.now() - start
        child.stdin.write(`${name}\n`)
        const seconds = Number(await read())
        if (round < 0) continue
        ours.push(ms)
        talib.push(seconds * 1000)
      }
      rows.push({
        name: `${name} against TA-Lib's C`,
        value: Math.min(...ours) / Math.min(...talib),
        unit: '×',
        must: null,
        aim: 2,
        better: 'lower',
        detail: `${MINUTES_NOTE}; ns a bar at best: ours ${perBar(timingOf(ours), bars.length)}, TA-Lib ${perBar(timingOf(talib), bars.length)}, in turn, into columns that are kept; TA-Lib ${version}`,
      })
    }
    child.stdin.end()
    return rows
  })
}

function timingOf(times: readonly number[]): Timing {
  return { median: median(times), fastest: Math.min(...times) }
}

export default bench
