import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { parseSeries } from '../../src/core/series.ts'
import { importFiles, openStore } from '../../src/data/index.ts'
import { storeMarket } from '../../src/data/instruments.ts'
import { type BacktestOptions, buy, close, defineStrategy, runBacktest } from '../../src/index.ts'
import { hourlyCsv, scratch } from '../cli/klinelab.ts'

const DATA = 'kucoin:DULL-USDT:1h'
const dir = scratch({ 'bars.csv': hourlyCsv(Array.from({ length: 8 }, () => [100, 101, 99, 100])) })
const store = join(dir, 'store')
const strategy = defineStrategy({
  name: 'one-trip',
  state: () => ({ bar: 0 }),
  onBar({ state }) {
    state.bar++
    return state.bar === 1 ? buy({ qty: 1 }) : state.bar === 3 ? close() : undefined
  },
})
const run = (more: Partial<BacktestOptions> = {}) =>
  runBacktest({ strategy, data: DATA, store, out: join(dir, 'reports'), ...more })

beforeAll(async () => {
  const opened = await openStore(store)
  await importFiles(opened, [join(dir, 'bars.csv')], parseSeries(DATA), { now: Date.UTC(2026, 0, 1) })
  await storeMarket(opened, {
    instrument: {
      ...{ venue: 'kucoin', symbol: 'DULL-USDT', base: 'DULL', quote: 'USDT', kind: 'spot', gridFrom: 'zero' },
      snapshots: [{ validFrom: 0, source: 'kucoin symbols', orderTypes: [], filters: { notSimulated: [] } }],
    },
    ...{ isTrading: true, status: 'trading', listedAt: null, delistedAt: null },
    // a coin of class C
    ...{ feeMaker: '0.003', feeTaker: '0.003' },
  })
})

test('a market that is dearer than the schedule of its venue is charged what it costs, and the run says so', async () => {
  const { document } = await run()
  const { fees } = document.costs
  // bought at 100 and sold at 100, each two basis points worse
  expect(fees).toBeCloseTo((100.02 + 99.98) * 0.003, 10)
  expect(document.costs).toMatchObject({ feeMaker: 0.003, feeTaker: 0.003 })
  expect(document.remarks).toContain(
    'DULL-USDT: kucoin charges 0.3 % of makers and 0.3 % of takers, more than its base tier; it is charged',
  )
})

test.each([
  ['a rate that is given is the rate that is paid', { feeTaker: 0.002 }, 0.002],
  ['a step of the schedule is that step', { feeTier: 'LV2' }, 0.0009],
  ['none are none', { noCosts: true }, 0],
])('%s', async (_, more, rate) => {
  const { document } = await run(more)
  const { fees } = document.costs
  expect(fees).toBeCloseTo((100.02 + 99.98) * rate, 10)
  expect(document.remarks.filter((remark) => remark.includes('base tier'))).toEqual([])
})
