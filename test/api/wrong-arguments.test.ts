import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as api from '../../src/index.ts'
import * as tables from '../../src/tables/tables.ts'
import { ROOT, scratch } from '../cli/klinelab.ts'

/** What TypeScript would refuse a script in JavaScript hands over. */
const of = { ...api, ...tables } as unknown as Readonly<Record<string, (...given: unknown[]) => unknown>>
const SMA = join(ROOT, 'strategies', 'sma-cross.ts')
const SERIES = 'binance:BTCUSDT:1h'
const idle = api.defineStrategy({ name: 'idle', onBar() {} })
const PLAN = { strategy: SMA, set: { fast: [5, 6] }, train: '10d', test: '5d' }

async function refusalOf(name: string, ...given: unknown[]): Promise<Error> {
  try {
    await of[name]!(...given)
  } catch (error) {
    return error as Error
  }
  throw new Error(`${name} took it`)
}

const STRATEGY = 'strategy is neither the path of a module nor what defineStrategy returned: it is'

test.each<readonly [name: string, given: readonly unknown[], message: string]>([
  ['runBacktest', [{}], `runBacktest: ${STRATEGY} missing; write strategy: 'strategies/mine.ts', or strategy: defineStrategy({ … })`],
  ['runBacktest', [{ strategy: {}, data: SERIES }], `runBacktest: ${STRATEGY} {}`],
  ['runBacktest', [{ strategy: null, data: SERIES }], `runBacktest: ${STRATEGY} null`],
  ['runBacktest', [{ strategy: idle }], "runBacktest: data is missing: write data: 'binance:BTCUSDT:1h', or a list of series"],
  ['runBacktest', [{ strategy: SMA, data: [] }], 'runBacktest: data is missing'],
  ['runBacktest', [[]], 'runBacktest(an empty list): its options are an object of strategy, data'],
  ['runBacktest', [{ strategy: idle, data: SERIES, set: 5 }], 'runBacktest: set is 5; write set: { fast: 10 }'],
  ['runBacktest', [{ strategy: idle, data: SERIES, from: {} }], 'from: {} is not a time'],
  ['runSweep', [{}], `runSweep: ${STRATEGY} missing`],
  ['runSweep', [{ ...PLAN, train: undefined, test: undefined }], 'runSweep: unknown option "train"'],
  ['runSweep', [{ strategy: SMA, set: PLAN.set }], 'runSweep: data is missing'],
  ['runSweep', [{ strategy: SMA, set: PLAN.set, model: 5 }], 'runSweep: model is 5; write the name of a model'],
  ['runWalkForward', [PLAN], 'runWalkForward: data is missing'],
  ['runWalkForward', [{ ...PLAN, strategy: 5 }], `runWalkForward: ${STRATEGY} 5`],
  ['runTraining', [{}], 'runTraining: model is neither the path of a module nor what defineModel returned: it is missing'],
  ['loadRun', [], 'loadRun(): write the path of a run folder'],
  ['loadRun', [{ dir: 'x' }], 'loadRun(an object of dir): write the path'],
  ['loadBars', [], "loadBars(): its series is a text such as 'binance:BTCUSDT:1h'"],
  ['loadBars', [5], 'loadBars(5): its series is a text'],
  ['loadBars', [SERIES, { store: 5 }], 'loadBars: store is 5; write the path of a folder'],
  ['getSeries', [[SERIES, null]], 'getSeries(null): its series is a text'],
  ['getSeries', [SERIES, { fill: 5 }], 'fill: 5 is not allowed; write flat'],
  ['getSeries', [SERIES, { patience: 'long' }], 'patience: "long" is not allowed; write a number (milliseconds, at least 0)'],
  ['diffRuns', [{ document: {} }, 5], 'diffRuns: it compares the documents of two runs, and was given an object of document; write diffRuns(a.document'],
])('%s(%o) is refused with what was given and what to write', async (name, given, message) => {
  const refusal = await refusalOf(name, ...given)
  expect(refusal).toBeInstanceOf(api.UsageError)
  expect(refusal.message).toContain(message)
}) // biome-ignore format: a table

test.each([
  'data', 'store', 'out', 'ledger', 'benchmark', 'detail', 'feeTier', 'risk', 'closeAtEnd', 'allowInSample', 'stress',
  'write', 'limitTouch', 'noCosts',
])('an option of another kind is named with its function: %s', async (key) => {
  const wrong = { strategy: SMA, data: SERIES, out: scratch(), [key]: 5 }
  const refusal = await refusalOf('runBacktest', wrong)
  expect(refusal).toBeInstanceOf(api.UsageError)
  expect(refusal.message.startsWith(`runBacktest: ${key} is 5; write `)).toBe(true)
}) // biome-ignore format: a list

test.each(['resume', 'onTrials'])(
  'an option of another kind is named with its function: %s of a search',
  async (key) => {
    const { message } = await refusalOf('runSweep', { strategy: SMA, set: PLAN.set, data: SERIES, [key]: 'x' })
    expect(message.startsWith(`runSweep: ${key} is "x"; write `)).toBe(true)
  },
)

test.each<readonly [name: string, given: readonly unknown[], message: string]>([
  ['barsTable', [null], 'barsTable(null): hand over the bars of loadBars'],
  ['barsTable', [{ openTime: [] }], 'barsTable(an object of openTime): hand over the bars of loadBars'],
  ['equityTable', [[]], 'equityTable(an empty list): hand over the equity of a run, run.equity'],
  ['tradesTable', [], 'tradesTable(): hand over the trades of a run, run.trades'],
  ['tradesTable', [{ trades: [] }], 'tradesTable(an object of trades): hand over the trades of a run'],
  ['tradesTable', [[null]], 'tradesTable: row 0 is null; hand over the trades of a run'],
  ['fillsTable', ['fills.csv'], 'fillsTable("fills.csv"): hand over the fills of a run, run.fills'],
  ['toCsv', [{}], 'toCsv({}): hand over a table, such as barsTable(bars)'],
  ['toArrow', [], 'toArrow(): hand over a table'],
  ['toParquet', [[1, 2]], 'toParquet(a list of 2, 1 first): hand over a table'],
  ['rankBars', [], 'rankBars(undefined, undefined): write a list of bars, when and by what'],
  ['rankBars', [[], { at: 0, by: 5 }], 'rankBars: by is 5; write one of change, volume'],
  ['rankMarkets', [5, 'change'], 'rankMarkets(5): write a list of markets'],
  ['rankMarkets', [[], null], 'rankMarkets: by is null; write one of change, volume'],
])('%s(%o) says what to hand over', async (name, given, message) => {
  expect((await refusalOf(name, ...given)).message).toContain(message)
}) // biome-ignore format: a table
