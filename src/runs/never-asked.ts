import type { Bars } from '../core/bar.ts'
import { higherBars } from '../core/higher.ts'
import type { SimulateOptions } from './simulate.ts'

/**
 * Why a strategy was asked on no bar of any instrument, one sentence an instrument and what may help: nothing was traded, and
 * neither figures nor orders would tell why.
 */
export function neverAskedRemarks({ strategy, params, slots }: SimulateOptions): string[] {
  return slots.map(
    ({ bars }) =>
      `${bars.series.symbol}: the strategy was never asked: ${wanting({ strategy, params }, bars)}. Choose a longer range (--from, --to), or more bars before it (--warmup).`,
  )
}

/** What has no value on any bar: of several, what wants the most. */
function wanting({ strategy, params }: Pick<SimulateOptions, 'strategy' | 'params'>, bars: Bars): string {
  const own = longest(strategy.indicators(params))
  if (own !== null && own.lookback > bars.length)
    return `its indicator ${own.name} needs ${own.lookback} bars, and the range with its warm-up has ${bars.length}`
  for (const [name, { interval, indicators }] of Object.entries(strategy.also)) {
    const one = longest(indicators(params))
    const needed = one?.lookback ?? 1
    const closed = higherBars(bars, interval).rows[bars.length - 1]! + 1
    if (needed > closed)
      return `also.${name}${one === null ? '' : `.${one.name}`} needs ${needed} bars of ${interval}, and the range with its warm-up has ${closed}`
  }
  return 'its models say nothing of any bar on which its indicators have values'
}

/** The indicator that wants the most bars; `null` where none is declared. */
function longest(
  declared: Readonly<Record<string, { readonly lookback: number }>>,
): { readonly name: string; readonly lookback: number } | null {
  let found: { name: string; lookback: number } | null = null
  for (const [name, { lookback }] of Object.entries(declared))
    if (found === null || lookback > found.lookback) found = { name, lookback }
  return found
}
