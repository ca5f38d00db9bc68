import { join } from 'node:path'
import { type Backtest, backtest, type Progress } from './backtest.ts'
import { HOME } from './package-info.ts'
import type { Settings } from './settings.ts'
import type { TrainingHost } from './train-run.ts'

const strategy = (name: string) => join(HOME, 'strategies', `${name}.ts`)

/** Two rules over all that is embedded: one instrument with a trend rule, two with stop orders and a trailing stop. */
const RULES = [
  { strategy: strategy('sma-cross'), data: ['binance:BTCUSDT:1h'] },
  { strategy: strategy('donchian-breakout'), data: ['binance:BTCUSDT:1h', 'binance:ETHUSDT:1h'] },
] as const

/** What a demo has made. */
export interface DemoRun {
  /** `rule`: over all the data. `model` and `beside`: a model's strategy, and a rule on the bars that the model has not seen. */
  readonly part: 'rule' | 'model' | 'beside'
  readonly run: Backtest
}

/**
 * Runs the example strategies on the embedded series: rules, then a model that is trained first, and the first rule once more on
 * the very bars that the model was asked of, so that the two can be held against one another.
 */
export async function* demo(settings: Settings, onProgress?: Progress, host?: TrainingHost): AsyncGenerator<DemoRun> {
  for (const asked of RULES) yield { part: 'rule', run: await backtest(asked, settings, onProgress) }
  const model = await backtest({ strategy: strategy('ml-direction'), data: [] }, settings, onProgress, undefined, host)
  yield { part: 'model', run: model }
  const { from } = model.result.document.range
  yield { part: 'beside', run: await backtest({ ...RULES[0], from }, settings, onProgress) }
}
