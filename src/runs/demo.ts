import { join } from 'node:path'
import { type Backtest, backtest, type Progress } from './backtest.ts'
import { HOME } from './package-info.ts'
import type { Settings } from './settings.ts'

/** The two runs of the demo: one instrument with a trend rule, two instruments with stop orders and a trailing stop. */
const DEMO_RUNS = [
  { strategy: 'sma-cross', data: ['binance:BTCUSDT:1h'] },
  { strategy: 'donchian-breakout', data: ['binance:BTCUSDT:1h', 'binance:ETHUSDT:1h'] },
] as const

/** Runs two example strategies on the embedded series. */
export async function* demo(settings: Settings, onProgress?: Progress): AsyncGenerator<Backtest> {
  for (const { strategy, data } of DEMO_RUNS)
    yield backtest({ strategy: join(HOME, 'strategies', `${strategy}.ts`), data }, settings, onProgress)
}
