import type { RiskLimits } from '../core/risk.ts'
import { type Series, seriesName } from '../core/series.ts'
import { didYouMean } from '../core/suggest.ts'
import type { Settings } from './settings.ts'
import type { SimulateSlot } from './simulate.ts'
import { UsageError } from './usage-error.ts'

/** A list in which no series of the run stands would refuse every order. */
export function checkRiskSymbols({ symbols }: RiskLimits, names: readonly Series[]): void {
  const traded = names.map(({ symbol }) => symbol)
  if (symbols === undefined || symbols.some((one) => traded.includes(one))) return
  throw new UsageError(
    `risk.symbols ${symbols.join(', ')}: none of them is in the data${didYouMean(symbols[0]!, traded)}; this run has ${traded.join(', ')}`,
  )
}

/** What is said by a flag and can mean nothing for the run's instruments is a slip; in a config it may be meant for others. */
export function checkKinds({ origins, feeAsset }: Settings, slots: readonly SimulateSlot[]): void {
  const has = (kind: 'spot' | 'perpetual') => slots.some(({ instrument }) => instrument.kind === kind)
  const named = seriesName(slots[0]!.bars.series)
  const flag = ['leverage', 'margin', 'funding'].find((name) => origins[name]?.from === `--${name}`)
  if (flag !== undefined && !has('perpetual'))
    throw new UsageError(`--${flag} is of perpetuals, and ${named} is spot: leave it out`)
  if (feeAsset === 'received' && origins['fee-asset']?.from === '--fee-asset' && !has('spot'))
    throw new UsageError(`--fee-asset received is of spot, and ${named} is a perpetual: leave it out`)
}

/** A config's leverage by symbol: a name that is a part of a symbol of the run, or the other way round, is a slip. */
export function checkLeverage({ origins }: Settings, slots: readonly SimulateSlot[]): void {
  const { value: leverage, from } = origins['leverage'] ?? { value: null, from: '' }
  if (typeof leverage !== 'object' || leverage === null) return
  const traded = slots.map(({ instrument }) => instrument.symbol)
  for (const name of Object.keys(leverage).filter((one) => !traded.includes(one))) {
    const upper = name.toUpperCase()
    const meant = traded.find((symbol) => symbol.startsWith(upper) || upper.startsWith(symbol))
    if (meant !== undefined && !Object.hasOwn(leverage, meant))
      throw new UsageError(`${from}: leverage.${name} is of no symbol of this run (did you mean "${meant}"?)`)
  }
}
