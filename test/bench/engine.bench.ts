import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { STATES } from './allocation.ts'
import { type Bench, type BenchRow, interleaved } from './bench.ts'
import { plainSmaCross } from './plain-sma-cross.ts'
import { MINUTES_NOTE, realMinuteBars, repeatBars } from './real-bars.ts'
import { assertSameEquity, assertSameFills, exampleStrategy, runOf, slotOf } from './setting.ts'

/** Enough for every order of the repeated data, little enough that the ledger keeps 1e-8. */
const CASH = 50_000
const RICH = 1_000_000
const REPEATS = 10

const bench: Bench = async () => {
  const smaCross = await exampleStrategy('sma-cross')
  const bars = await realMinuteBars()
  const slot = await slotOf(bars)
  const run = runOf(smaCross, [slot], CASH)
  const loop = () => plainSmaCross(bars, CASH, 20_000)

  const { result } = run()
  const plain = loop()
  assertSameFills(result.fills, plain.fills)
  assertSameEquity(result.equity.equity, plain.equity)
  if (result.fills.length < 1000) throw new Error(`only ${result.fills.length} fills: the run measures nothing`)

  const [engine, flat] = interleaved([() => run().seconds * 1000, loop], 15, 5)
  const perBar = (ms: number, count = bars.length) => `${((ms * 1e6) / count).toFixed(1)} ns`

  const long = repeatBars(bars, REPEATS)
  const once = runOf(smaCross, [slot], RICH)
  const often = runOf(smaCross, [{ ...slot, bars: long }], RICH)
  // a run so large makes V8 drop code it has not used for a while: the small one is warmed again before it is timed. Then as many bars are
  // taken of it as the large one has, with their share of the collector and of the good and bad moments of a host
  const warmed = () => {
    once()
    once()
    return Array.from({ length: REPEATS }, () => once().seconds).reduce((sum, seconds) => sum + seconds)
  }
  const [short, tenfold] = interleaved([() => warmed() * 1000, () => often().seconds * 1000], 5, 1)
  const drift = (tenfold!.median / short!.median - 1) * 100

  return [
    {
      name: 'engine against a plain loop, sma-cross',
      value: engine!.median / flat!.median,
      unit: '×',
      must: 5,
      aim: 2,
      better: 'lower',
      detail: `${MINUTES_NOTE}, ${bars.length} bars, ${result.fills.length} fills and the whole equity column identical; engine ${engine!.median.toFixed(1)} ms = ${perBar(engine!.median)} a bar (fastest ${perBar(engine!.fastest)}), loop ${flat!.median.toFixed(1)} ms = ${perBar(flat!.median)} (${perBar(flat!.fastest)})`,
    },
    {
      name: `time a bar, ${REPEATS} times the bars against once`,
      value: drift,
      unit: ' % more',
      must: 25,
      aim: null,
      better: 'lower',
      detail: `${perBar(tenfold!.median, long.length)} over ${long.length} bars, ${perBar(short!.median, long.length)} in ${REPEATS} runs over ${bars.length}, in turn`,
    },
    ...(['flat', 'holding', 'resting'] as const).map((state) => allocationRow(state)),
  ]
}

/** The worst of three processes: when V8's compiler is done is another thing in each. */
function allocationRow(state: keyof typeof STATES): BenchRow {
  const found = [1, 2, 3].map(() => allocated(state)).sort((a, b) => a - b)
  return {
    name: `allocation a bar on which nothing happens, ${STATES[state]}`,
    value: found[2]!,
    unit: ' bytes',
    must: 1,
    aim: null,
    better: 'lower',
    detail: `growth of the used heap over 10^6 bars in a process that collects nothing (young generation of 1 GB); worst of 3 processes, ${found[0]!.toFixed(2)} to ${found[2]!.toFixed(2)}`,
  }
}

/** Bytes a bar, measured in a process of its own. */
function allocated(state: keyof typeof STATES): number {
  const flags = ['--max-semi-space-size=1024', '--min-semi-space-size=1024']
  const words = [...flags, join(import.meta.dirname, 'run.ts'), '--allocation', state]
  return Number(execFileSync(process.execPath, words, { encoding: 'utf8' }))
}

export default bench
