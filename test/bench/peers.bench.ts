import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { BAR_FIELDS, type Bars } from '../../src/core/bar.ts'
import { buy, close, defineStrategy, sma } from '../../src/index.ts'
import type { Bench, BenchRow } from './bench.ts'
import { median, withFolder } from './process.ts'
import { MINUTES_NOTE, realMinuteBars } from './real-bars.ts'
import { exampleStrategy, runOf, slotOf } from './setting.ts'

const CASH = 1_000_000
const PEERS = join(import.meta.dirname, 'peers')

/** sma-cross without its bracket. */
const plainCross = defineStrategy({
  name: 'plain-cross',
  indicators: () => ({ fast: sma(60), slow: sma(240) }),
  onBar({ ind, prev, position }) {
    if (position.qty === 0 && ind.fast > ind.slow && prev.fast <= prev.slow) return buy({ qty: 0.1 })
    if (position.qty > 0 && ind.fast < ind.slow) return close()
  },
})

interface Answer {
  readonly seconds: number
  readonly trades: number
  readonly withoutEquity?: number
}

/** A rival, its rows' bounds, and how often it is timed: it may be slow. */
const RIVALS = [
  { name: 'backtesting.py', script: 'run_backtesting.py', must: 300, aim: 500, rounds: 2, warm: 0 },
  { name: "vectorbt's Rust engine", script: 'run_vectorbt.py', must: 8, aim: 15, rounds: 15, warm: 3 },
] as const

const bench: Bench = async () => {
  const python = process.env['KLINELAB_BENCH_PYTHON']
  if (python === undefined) {
    console.error(
      '  skipped: set KLINELAB_BENCH_PYTHON to a python that has backtesting and vectorbt[rust]; see README.md',
    )
    return []
  }
  const bars = await realMinuteBars()
  const slot = await slotOf(bars)
  const runs = {
    bracket: runOf(await exampleStrategy('sma-cross'), [slot], CASH),
    plain: runOf(plainCross, [slot], CASH),
  }
  return withFolder(async (folder) => {
    writeColumns(folder, bars)
    const rows: BenchRow[] = []
    for (const rival of RIVALS) {
      const peer = await start(python, rival.script, folder)
      for (const kind of ['bracket', 'plain'] as const) {
        const ours: number[] = []
        const theirs: Answer[] = []
        const trades = runs[kind]().result.trades.length
        for (let round = -Math.max(3, rival.warm); round < rival.rounds; round++) {
          // V8 drops code that has not run for a while, and a slow rival takes its time: warm again, then measure
          const own = Array.from({ length: 5 }, () => runs[kind]().seconds)
          if (round >= 0) ours.push(median(own.slice(2)))
          if (round < -rival.warm) continue
          const answer = await peer.ask(kind)
          if (round >= 0) theirs.push(answer)
        }
        rows.push(rowOf(rival, kind, ours, theirs, trades, peer.versions))
      }
      peer.end()
    }
    return rows
  })
}

function rowOf(
  rival: (typeof RIVALS)[number],
  kind: 'bracket' | 'plain',
  ours: readonly number[],
  theirs: readonly Answer[],
  trades: number,
  versions: string,
): BenchRow {
  const us = median(ours)
  const them = median(theirs.map((answer) => answer.seconds))
  const first = theirs[0]!
  const bare = first.withoutEquity === undefined ? null : median(theirs.map((answer) => answer.withoutEquity!))
  const note = bare === null ? '' : `, ${bare.toFixed(3)} s without its equity column (${(bare / us).toFixed(1)}×)`
  return {
    name: `${rival.name} against the engine, ${kind === 'bracket' ? 'sma-cross' : 'the same without stop and target'}`,
    value: them / us,
    unit: '×',
    must: rival.must,
    aim: rival.aim,
    better: 'higher',
    detail: `${MINUTES_NOTE}; ${them.toFixed(3)} s${note} against ${us.toFixed(4)} s, ${rival.rounds} times in turn; ${first.trades} closed trades against ${trades}; ${versions}`,
  }
}

function writeColumns(folder: string, bars: Bars): void {
  mkdirSync(folder, { recursive: true })
  for (const name of BAR_FIELDS) {
    const { buffer, byteOffset, byteLength } = bars[name]
    writeFileSync(join(folder, name), new Uint8Array(buffer, byteOffset, byteLength))
  }
}

/** A python process that loads the bars once and answers one line a run. */
async function start(python: string, script: string, folder: string) {
  const child = spawn(python, [join(PEERS, script), folder], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const read = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`${script} ended before it answered`)
    return JSON.parse(value as string) as unknown
  }
  const versions = Object.entries((await read()) as Record<string, string>)
  return {
    versions: versions.map(([name, version]) => `${name} ${version}`).join(', '),
    ask: async (line: string) => {
      child.stdin.write(`${line}\n`)
      return (await read()) as Answer
    },
    end: () => child.stdin.end(),
  }
}

export default bench
