import type { RunEvent } from '../core/event.ts'
import type { PerpetualUsed } from '../core/findings.ts'
import type { Perpetual } from './perpetual.ts'
import type { RunFacts } from './run-facts.ts'

/** What each perpetual of a run was held to, and what its events say that came to. */
export function perpetualsUsed({ perpetuals, from, result }: RunFacts): PerpetualUsed[] {
  return perpetuals.flatMap((one) => (one === null ? [] : [used(one, from, result.events)]))
}

function used({ terms, marked, missingRates }: Perpetual, from: number, events: readonly RunEvent[]): PerpetualUsed {
  const { symbol, source, asOf } = terms.tiers
  let [charges, paid, received] = [0, 0, 0]
  let [count, fees, shortfall] = [0, 0, 0]
  for (const event of events) {
    if (event.type === 'funding' && event.symbol === symbol) {
      charges++
      if (event.paid > 0) paid += event.paid
      else received -= event.paid
    } else if (event.type === 'liquidation' && event.symbol === symbol) {
      count++
      fees += event.fee
      shortfall += event.shortfall
    }
  }
  return {
    symbol,
    margin: terms.mode,
    leverage: terms.leverage,
    liquidationFee: terms.liquidationFee,
    marks: marked?.name ?? null,
    marksMissing: marked?.filled ?? 0,
    tiers: { source, asOf, assumed: asOf > from },
    funding:
      missingRates === null ? null : { charges, paid: amount(paid), received: amount(received), missing: missingRates },
    liquidations: { count, fees: amount(fees), shortfall: amount(shortfall) },
  }
}

/** Without what sums in doubles leave below an asset's unit. */
function amount(sum: number): number {
  return Number(sum.toFixed(8))
}
