import { seriesName } from '../../core/series.ts'
import { readAsked } from '../prepare.ts'
import type { Settings } from '../settings.ts'
import { UsageError } from '../usage-error.ts'
import { type Promotion, requirePromotion } from './promotion.ts'

/**
 * The promotion by which a strategy may be traded on an exchange's demo with these parameters, series and settings.
 * @throws UsageError that says what is missing, before anything is asked of anybody
 */
export async function admit(
  asked: Pick<Parameters<typeof readAsked>[0], 'strategy' | 'data' | 'set'>,
  settings: Settings,
  onWarning: (text: string) => void,
): Promise<Promotion> {
  const { strategy, file, params, names } = await readAsked(asked, settings)
  if (file === null) throw new UsageError(`strategy ${strategy.name} has no file that could have been promoted`)
  const perpetuals = names.filter(({ venue }) => venue === 'binance-usdm')
  const wanted = {
    ...{ file, strategy: strategy.name, params, series: names.map(seriesName) },
    leverage: Object.fromEntries(perpetuals.map(({ symbol }) => [symbol, settings.leverageOf(symbol)])),
    ...{ margin: settings.margin, risk: settings.risk },
  }
  return requirePromotion(wanted, settings.out, onWarning)
}
