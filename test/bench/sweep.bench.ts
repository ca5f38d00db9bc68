import { join } from 'node:path'
import { sliceBars } from '../../src/core/bar.ts'
import type { SweepDocument } from '../../src/core/search.ts'
import { timeName } from '../../src/core/time.ts'
import { resolveParams } from '../../src/engine/index.ts'
import { loadStrategy } from '../../src/runs/load-strategy.ts'
import { simulate } from '../../src/runs/simulate.ts'
import type { Bench } from './bench.ts'
import { HostPace } from './host-pace.ts'
import { plainCrossing } from './plain-crossing.ts'
import { median, repeated, runCommand, withFolder } from './process.ts'
import { CACHE, minuteStore, realMinuteBars } from './real-bars.ts'
import { slotOf } from './setting.ts'

const BARS = 525_520
const CASH = 50_000
const PAIRS = 200
const WORKERS = 2
const STRATEGY = join(import.meta.dirname, 'crossing.ts')

/** 200 pairs of averages over a year of minutes, as somebody at a terminal asks for them. */
const bench: Bench = async () => {
  if ((await minuteStore()) === null) {
    console.error('  skipped: the recorded 1m series is not beside this checkout')
    return []
  }
  const bars = sliceBars(await realMinuteBars(), 0, BARS)
  const range = ['--from', timeName(bars.openTime[0]!), '--to', timeName(bars.openTime[BARS - 1]! + 60_000)]
  const words = ['sweep', STRATEGY, '--data', 'binance:BTCUSDT:1m', ...range, '--cash', String(CASH)]
  const grid = ['--set', 'fast=10..100:10', '--set', 'slow=120..500:20', '--workers', String(WORKERS)]
  const once = (wantsPeak: boolean) =>
    withFolder((out) => {
      const run = runCommand([...words, ...grid, '--store', CACHE, '--out', out], { wantsPeak })
      const document = run.json as SweepDocument & { readonly seconds: number }
      if (document.trials.done !== PAIRS) throw new Error(`${document.trials.done} trials are done, not ${PAIRS}`)
      if (document.engine.bars !== BARS) throw new Error(`${document.engine.bars} bars, not ${BARS}`)
      return { ...run, document }
    })
  await once(false)
  const alone = await single(bars)
  const pace = await HostPace.begin()
  const timed = await repeated(5, () => {
    pace.take()
    return once(false)
  })
  const weighed = await repeated(2, () => once(true))
  const searched = timed.map(({ document }) => document.seconds)
  const seconds = median(searched)
  const share = (alone * PAIRS) / WORKERS / 1000
  return [
    {
      name: `sweep: ${PAIRS} pairs × ${BARS} 1m bars, two workers`,
      value: seconds,
      unit: ' s',
      must: 4,
      aim: 1.5,
      better: 'lower',
      detail: `from the bars in memory: all trials run, ranked and judged (threads load their code while bars are read); ${Math.min(...searched).toFixed(2)} to ${Math.max(...searched).toFixed(2)} s in ${timed.length} processes; the whole process with loading, report and ledger ${median(timed.map((run) => run.seconds)).toFixed(2)} s; ${pace}`,
    },
    {
      name: 'the same: peak memory',
      value: median(weighed.map((run) => run.peak)),
      unit: ' MB',
      must: 600,
      aim: 400,
      better: 'lower',
      detail: `largest resident set of the process, ${weighed.map((run) => run.peak.toFixed(0)).join(', ')}`,
    },
    {
      name: 'the same against a single run × 200 ÷ 2',
      value: seconds / share,
      unit: '×',
      must: 1.4,
      aim: 1,
      better: 'lower',
      detail: `a single warm run, indicators included, ${alone.toFixed(1)} ms (median of 20 pairs)`,
    },
    {
      name: 'the same: results that differ from exact arithmetic',
      value: differing(bars, timed[0]!.document),
      unit: '',
      must: 0,
      aim: null,
      better: 'lower',
      detail:
        'trades, and the return to the last digit, against whole numbers of cents and 1e-8 USDT (plain-crossing.ts)',
    },
  ]
}

/** Median ms of one run with its own indicators, warm. */
async function single(bars: ReturnType<typeof sliceBars>): Promise<number> {
  const { strategy } = await loadStrategy(STRATEGY)
  const slot = await slotOf(bars)
  const taken: number[] = []
  for (let k = -6; k < 20; k++) {
    const params = resolveParams(strategy, { fast: 10 + 10 * ((k + 10) % 10), slow: 120 + 20 * ((k + 6) % 20) })
    const start = performance.now()
    simulate({
      ...{ strategy, params, slots: [slot], from: bars.openTime[0]!, cash: CASH, limitTouch: false, closeAtEnd: false },
    })
    if (k >= 0) taken.push(performance.now() - start)
  }
  return median(taken)
}

function differing(bars: ReturnType<typeof sliceBars>, document: SweepDocument): number {
  return document.table.filter(({ params, metrics }) => {
    const { fills, endEquity } = plainCrossing(bars, Number(params['fast']), Number(params['slow']), CASH)
    return metrics['trades'] !== Math.floor(fills / 2) || metrics['totalReturn'] !== endEquity / CASH - 1
  }).length
}

export default bench
