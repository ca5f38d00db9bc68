import { join } from 'node:path'
import type { SearchAsked, SearchHost } from '../../src/runs/search-asked.ts'
import { settle } from '../../src/runs/settings.ts'
import { sweep } from '../../src/runs/sweep.ts'
import { ROOT, scratch } from '../cli/klinelab.ts'

export const STORE = join(ROOT, 'datasets')
/** Few enough days that the splits which judge a search are a quarter of what they are otherwise. */
export const RANGE = { from: Date.UTC(2024, 0, 1), to: Date.UTC(2024, 0, 32) }
export const BTC = 'binance:BTCUSDT:1h'
export const SMA_CROSS = join(ROOT, 'strategies', 'sma-cross.ts')
const GRID = ['fast=10..50:10', 'slow=40,80,160']

/** Settings of a search whose folder of runs is this. */
export const settingsIn = (out: string) => settle({ store: STORE, out }, { config: {}, file: null }, {}, ROOT)

/** A search of 15 trials. */
export const asking = (more: Partial<SearchAsked> = {}): SearchAsked => ({
  ...{ strategy: SMA_CROSS, data: [BTC], ...RANGE, set: GRID },
  ...more,
})

/** Runs it on one thread. */
export const search = (more: Partial<SearchAsked> = {}, host: SearchHost = {}, out = scratch()) =>
  sweep(asking(more), settingsIn(out), { workers: 1, ...host })

/** A strategy module in a project of its own. */
export const moduleOf = (text: string, name = 's.ts') =>
  join(scratch({ [`strategies/${name}`]: text, 'package.json': '{ "type": "module" }' }), 'strategies', name)
