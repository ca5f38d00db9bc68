import type { Interval } from '../core/findings.ts'
import type { LuckOfDays, LuckOfTrades, RandomEntries } from '../core/luck.ts'

/** Below, a draw that does as well is rare enough to speak of. */
const RARE = 0.05

/** What other orders and other draws of the trades say. */
export function tradesVerdict({ shuffle: { maxDrawdown, asDeep }, bootstrap, trades }: LuckOfTrades): string {
  const own = `${percent(maxDrawdown.observed)} as they came`
  const luck =
    asDeep > 1 - RARE
      ? ': their order was lucky'
      : asDeep < RARE
        ? ': their order was unlucky'
        : `, and ${percent(asDeep, 0)} of the orders fall as deep`
  return `In other orders the same ${trades} trades fall ${between(maxDrawdown.within90)} at worst (90 %), ${own}${luck}; of as many drawn anew, ${percent(bootstrap.losing, 0)} lose.`
}

/** What other draws of the days say. */
export function daysVerdict({ totalReturn, sharpe, losing }: LuckOfDays): string {
  const ends = `As many days of the same kind return ${between(totalReturn.within95)} (95 %), and ${percent(losing, 0)} of the draws lose`
  if (sharpe === null) return `${ends}.`
  const { low, high } = sharpe.within95
  const range = `their Sharpe ratio lies between ${ratio(low)} and ${ratio(high)}`
  const told = low > 0 ? 'above zero' : high < 0 ? 'below zero' : 'so that it cannot be told from zero'
  return `${ends}; ${range}, ${told}.`
}

/** What entries that do not look at the market say. @param isFunded whether the trades paid funding, which neither side of the comparison has */
export function entriesVerdict({ totalReturn, resamples }: RandomEntries, isFunded: boolean): string {
  const { p, median, observed } = totalReturn
  const asGood = Math.round(p * (1 + resamples)) - 1
  const count = `${asGood === 0 ? 'none' : asGood} of ${resamples} draws`
  const beside = `random entries of the same kind return ${percent(median)} in the middle, these trades ${percent(observed)}${isFunded ? ', both without funding' : ''}`
  if (p <= RARE)
    return `The entries did better than chance: ${beside}, and ${count} did as well (p = ${shown(p)}, as if nothing else had been tried).`
  if (p >= 1 - RARE) return `The entries did worse than chance: ${beside}, and ${count} did as well (p = ${shown(p)}).`
  return `The entries cannot be told from chance: ${beside}, and ${count} did as well (p = ${shown(p)}).`
}

function between({ low, high }: Interval): string {
  return `between ${percent(low)} and ${percent(high)}`
}

function percent(value: number, digits = 1): string {
  return `${signed(value * 100, digits)} %`
}

function ratio(value: number): string {
  return signed(value, 2)
}

/** Three digits: there are no more in 499 draws. */
function shown(p: number): string {
  return p.toFixed(3)
}

function signed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits)
  return value < 0 && Number(text) !== 0 ? `−${text}` : text
}
