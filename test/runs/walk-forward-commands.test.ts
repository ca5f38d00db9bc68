import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseSeries } from '../../src/core/series.ts'
import { importFiles, openStore } from '../../src/data/index.ts'
import { runBacktest, runWalkForward } from '../../src/index.ts'
import { klinelabAll, ROOT, scratch } from '../cli/klinelab.ts'
import { moduleOf, STORE } from './sweep-scene.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** What the backtests come to that these commands ask for; a path with spaces is none of theirs. */
function played(commands: readonly string[], cwd: string, store: string) {
  const flags = ['--json', '--store', store, '--out', scratch(), '--ledger', join(scratch(), 'ledger.jsonl')]
  const asked = commands.map((command) => ({ args: [...command.split(' ').slice(1), ...flags], cwd, env: {} }))
  return klinelabAll(asked).map(({ code, stdout, stderr }) => {
    if (code !== 0) throw new Error(stderr)
    return (JSON.parse(stdout) as { metrics: Record<string, number | null> }).metrics
  })
}

/** Hours of 2024 up and down, from one on. */
function wave(begin: number, isThere: (hour: number) => boolean): string {
  const rows = Array.from({ length: 120 * 24 }, (_, k) => k).filter((k) => k >= begin && isThere(k))
  const at = (k: number) => 100 + 9 * Math.sin((k + begin) / 17) + 4 * Math.sin((k + begin) / 53 + begin)
  const lines = rows.map((k) => {
    const [open, close] = [at(k).toFixed(2), at(k + 1).toFixed(2)]
    const [low, high] = [Number(open), Number(close)].sort((a, b) => a - b)
    return [Date.UTC(2024, 0, 1, k), open, high, low, close, 1000].join(',')
  })
  return `${['open_time,open,high,low,close,volume', ...lines].join('\n')}\n`
}

async function stored(made: Readonly<Record<string, string>>, dir: string): Promise<void> {
  const store = await openStore(dir)
  for (const [symbol, csv] of Object.entries(made)) {
    const file = join(scratch({ 'wave.csv': csv }), 'wave.csv')
    await importFiles(store, [file], parseSeries(`binance:${symbol}:1h`), { now: Date.UTC(2026, 0, 1) })
  }
}

describe('the command of a window', () => {
  test('is its test to the last digit, though averages are recursive and remember where they began', async () => {
    const { document } = await runWalkForward({
      ...{ strategy: join(ROOT, 'strategies', 'perp-trend.ts'), margin: 'cross', leverage: 3 },
      data: ['binance-usdm:BTCUSDT:1h', 'binance-usdm:ETHUSDT:1h'],
      ...{ from: '2024-06-01', to: '2025-01-01', train: '80d', test: '30d', embargo: '2d' },
      ...{ set: { fast: [20, 50], slow: [100, 200] }, store: STORE, write: false, workers: 1 },
    })
    const { windows } = document
    expect(windows.length).toBeGreaterThan(3)
    const commands = windows.map(({ command }) => command!)
    expect(commands[1]).toContain(`--cash ${windows[1]!.outOfSample!.startEquity}`)
    expect(commands[1]).toMatch(/--warmup \d+ --close-at-end/)
    const alone = played(commands, ROOT, STORE)
    for (const [k, { outOfSample }] of windows.entries()) {
      const { metrics, endEquity } = outOfSample!
      const { totalReturn, trades, sharpe, fees } = metrics
      expect(alone[k]).toMatchObject({ totalReturn, trades, sharpe, fees, endEquity })
    }
  }, 60_000)

  test.each([240, 0])(
    'is that too where series lack bars and begin later, of which a command can ask one number for all: %i before the range',
    async (asked) => {
      const strategy = moduleOf(`import { buy, close, defineStrategy, ema, int } from 'klinelab'
      export default defineStrategy({
        name: 'cross', params: { fast: int(5, { min: 2, max: 99 }), slow: int(400, { min: 2, max: 400 }) },
        indicators: (p) => ({ fast: ema(p.fast), slow: ema(p.slow) }),
        onBar({ ind, position }) {
          if (ind.fast > ind.slow && position.qty === 0) return buy({ quote: 1000 + 20 * ind.slow })
          if (ind.fast < ind.slow && position.qty > 0) return close()
        },
      })`)
      const project = join(strategy, '..', '..')
      const made = {
        AAAUSDT: wave(0, () => true),
        // a day is missing from the first training stretch, and the other begins after the range does
        BBBUSDT: wave(0, (hour) => hour < 500 || hour >= 524),
        CCCUSDT: wave(15 * 24, () => true),
      }
      await stored(made, join(project, 'store'))
      const from = Date.UTC(2024, 0, 1) + 10 * DAY
      const { document } = await runWalkForward({
        ...{ strategy, data: Object.keys(made).map((symbol) => `binance:${symbol}:1h`), from },
        ...{
          train: '30d',
          test: '15d',
          set: { fast: [5, 9], slow: [300, 400] },
          warmup: asked,
          write: false,
          workers: 1,
        },
        store: join(project, 'store'),
      })
      const commands = document.windows.map(({ command }) => command!)
      // as many as the one with the gap has: a day less than since the bars before the range
      const { warmup } = document.range
      const since = (document.windows[0]!.test.from - from) / HOUR
      expect(commands[0]).toContain(`--warmup ${warmup + since - 24} `)
      const alone = played(commands, project, join(project, 'store'))
      for (const [k, { outOfSample }] of document.windows.entries()) {
        expect(outOfSample!.metrics['trades']).toBeGreaterThan(3)
        expect(alone[k]!['endEquity']).toBe(outOfSample!.endEquity)
      }
      // with fewer bars it is another return: averages begin elsewhere
      const plain = commands.map((command) => command.replace(/ --warmup \d+/, ' --warmup 400'))
      const others = played(plain, project, join(project, 'store'))
      expect(others.map(({ endEquity }, k) => endEquity === document.windows[k]!.outOfSample!.endEquity)).not.toContain(
        true,
      )
    },
    60_000,
  )

  test('is of the series that have bars in the stretch, from the first of them on', async () => {
    const strategy = moduleOf(`import { buy, close, defineStrategy, int, sma } from 'klinelab'
      export default defineStrategy({
        name: 'parts', params: { period: int(5, { min: 2, max: 99 }) },
        indicators: (p) => ({ mean: sma(p.period) }),
        state: () => ({ known: 0 }),
        onStart: ({ symbols, state }) => { state.known = symbols.length },
        onBars: ({ symbols, bars, inds, positions, state }) => symbols.flatMap((symbol) => {
          const [isUp, qty] = [bars[symbol].close > inds[symbol].mean, positions[symbol].qty]
          if (isUp && qty === 0) return [buy({ symbol, fraction: 0.5 / state.known })]
          return !isUp && qty > 0 ? [close({ symbol })] : []
        }),
      })`)
    const project = join(strategy, '..', '..')
    const day = (of: number) => of * 24
    // no bar where the first test begins, nor all of that day
    const isThere = (hour: number) => hour < day(30) || hour >= day(31) + 3
    const made = {
      AAAUSDT: wave(0, isThere),
      BBBUSDT: wave(day(50), isThere),
      CCCUSDT: wave(0, (hour) => isThere(hour) && hour < day(55)),
    }
    await stored(made, join(project, 'store'))
    const { document, verdict } = await runWalkForward({
      ...{ strategy, data: Object.keys(made).map((symbol) => `binance:${symbol}:1h`), store: join(project, 'store') },
      ...{ to: '2024-03-11', train: '30d', test: '10d', set: { period: [8, 20] }, workers: 1 },
      ...{ out: scratch(), ledger: join(scratch(), 'ledger.jsonl') },
    })
    // 40 days were tested, of which the first has no bar: the ledger counts those that the run does
    expect(document.overfitting!.days).toBe(39)
    expect(verdict!.overfitting).toMatchObject({ days: 39, sharpe: document.overfitting!.sharpe })
    const commands = document.windows.map(({ command }) => command!)
    const symbols = commands.map((command) =>
      command
        .match(/\w+(?=USDT:1h)/g)!
        .map((symbol) => symbol[0])
        .join(''),
    )
    expect(symbols).toEqual(['AC', 'AC', 'ABC', 'AB'])
    const alone = played(commands, project, join(project, 'store'))
    for (const [k, { outOfSample }] of document.windows.entries()) {
      const { totalReturn, trades, sharpe, cagr } = outOfSample!.metrics
      expect(alone[k]).toMatchObject({ totalReturn, trades, sharpe, cagr, endEquity: outOfSample!.endEquity })
    }
    // and so it is where parameters are chosen: the first window's other two series, the last one's all three
    for (const [k, names] of [
      [0, ['AAAUSDT', 'CCCUSDT']],
      [3, Object.keys(made)],
    ] as const) {
      const { train, chosen, inSample } = document.windows[k]!
      const { document: run } = await runBacktest({
        ...{ strategy, data: names.map((symbol) => `binance:${symbol}:1h`), store: join(project, 'store') },
        ...{ ...train, set: chosen!, write: false },
      })
      const { totalReturn, trades, sharpe } = inSample!.metrics
      expect(run.metrics).toMatchObject({ totalReturn, trades, sharpe })
    }
  }, 60_000)

  test('is none where no file has the strategy', async () => {
    const { default: strategy } = await import('../../strategies/sma-cross.ts')
    const { document } = await runWalkForward({
      ...{ strategy, data: 'binance:BTCUSDT:1h', from: '2024-01-01', to: '2024-04-01', train: '40d', test: '20d' },
      ...{ set: { fast: [10, 20], slow: [60] }, store: STORE, write: false },
    })
    expect(document.windows.map(({ command }) => command)).toEqual(document.windows.map(() => null))
  })
})
