import type { RunEvent } from '../../src/core/event.ts'
import { PLAIN_EXECUTION } from '../../src/core/execution.ts'
import type { Instrument } from '../../src/core/instrument.ts'
import { closeTimeOf } from '../../src/core/interval.ts'
import type { OrderView, Request } from '../../src/core/order.ts'
import type { EngineResult } from '../../src/core/run.ts'
import { costsOf, defineStrategy, Engine } from '../../src/engine/index.ts'
import type { Risk } from '../../src/engine/risk-limits.ts'
import { marginOf } from '../engine/scene.ts'
import { requestOf } from './moves.ts'
import { barsOf, HOUR, instantsOf, type Scenario } from './scenario.ts'

export const LIQUIDATION_FEE = 0.0125

/** Three brackets, so that larger positions go tier by tier. */
const THREE_TIERS = {
  symbol: 'any',
  asOf: 0,
  source: 'made by hand',
  brackets: [
    { floor: '0', cap: '500', ratio: '0.004', cum: '0', leverage: 125 },
    { floor: '500', cap: '5000', ratio: '0.005', cum: '0.5', leverage: 125 },
    { floor: '5000', cap: '90000000', ratio: '0.01', cum: '25.5', leverage: 125 },
  ],
}

export interface Watcher {
  /** Right after an event of an instrument; `at` is the close of the instant at hand. */
  onEvent?(event: RunEvent, engine: Engine, at: number): void
  /** When the strategy is asked: matching is over, no new order has been looked at. */
  onAsk?(engine: Engine): void
  onInstant?(engine: Engine, at: number): void
}

/** How an instant is gone through: by one call; taken apart, fill by fill; or with every request handed in by the host after it. */
export type Way = 'whole' | 'fill by fill' | 'asked'

/** The scenario's first `hours` hours through the real engine; the plan always knows the whole. */
export function play(
  of: Scenario,
  watcher: Watcher = {},
  hours = of.markets[0]!.rows.length,
  risk: Risk | null = null,
  way: Way = 'whole',
): EngineResult {
  const asked: [string | null, Request[]][] = []
  const answer = (symbol: string | null, requests: Request[]) => {
    if (way !== 'asked') return requests
    asked.push([symbol, requests])
    return undefined
  }
  const moves = (
    hour: number,
    isTogether: boolean,
    symbols: readonly string[],
    orders: readonly OrderView[],
  ): Request[] =>
    of.plan.flatMap((step) => {
      const market = of.markets[step.market]!
      const isMeant = step.hour === hour && step.isTogether === isTogether && symbols.includes(market.symbol)
      return isMeant ? [requestOf(step.move, market, hour, of.cash, orders)] : []
    })
  const strategy = defineStrategy({
    name: 'random',
    onBar: ({ bar, symbol, orders }) => answer(symbol, moves(bar.openTime / HOUR, false, [symbol], orders)),
    onBars: ({ at, symbols }) => {
      watcher.onAsk?.(engine)
      return answer(null, moves(at / HOUR - 1, true, symbols, []))
    },
  })
  const instants = instantsOf(of, hours)
  const slots = slotsFor(of, hours)
  const engine: Engine = new Engine({
    strategy,
    params: {},
    cash: of.cash,
    instants: instants.length,
    limitTouch: of.limitTouch,
    ...(of.execution && { execution: { ...PLAIN_EXECUTION, ...of.execution } }),
    risk,
    slots,
  })
  let now = 0
  for (const slot of engine.slots) {
    const note = slot.note.bind(slot)
    slot.note = (event) => {
      note(event)
      watcher.onEvent?.(event, engine, now)
    }
  }
  for (now of instants) {
    if (way === 'fill by fill') stepThrough(engine, now)
    else engine.onBar(now)
    for (const [symbol, requests] of asked.splice(0))
      engine.ask(engine.slots.find((slot) => slot.symbol === symbol) ?? null, requests)
    watcher.onInstant?.(engine, now)
  }
  const result = engine.finish({ closeAtEnd: of.closeAtEnd })
  watcher.onInstant?.(engine, now)
  return result
}

function stepThrough(engine: Engine, at: number): void {
  engine.begin(at)
  for (const slot of engine.slots) {
    engine.meetOpen(slot)
    while (engine.meetInside(slot));
  }
  engine.end()
}

export function instrumentOf(of: Scenario, symbol: string): Instrument {
  const isSpot = of.kind === 'spot'
  const { filters, later } = of.markets.find((market) => market.symbol === symbol)!
  const first = { validFrom: 0, filters, source: 'random', orderTypes: [] }
  return {
    venue: isSpot ? 'binance' : 'binance-usdm',
    symbol,
    base: symbol.replace('USDT', ''),
    quote: 'USDT',
    kind: of.kind,
    gridFrom: isSpot ? 'zero' : 'minimum',
    snapshots: later === null ? [first] : [first, { ...first, validFrom: later.hour * HOUR, filters: later.filters }],
  }
}

function slotsFor(of: Scenario, hours: number) {
  const { feeMaker, feeTaker, slippageBps, feeAsset } = of
  return of.markets.map((market) => ({
    instrument: instrumentOf(of, market.symbol),
    bars: barsOf(market, hours),
    indicators: {},
    also: {},
    startRow: 0,
    readyRow: 0,
    costs: costsOf({ feeMaker, feeTaker, slippageBps, feeAsset }),
    margin:
      of.kind === 'perpetual'
        ? marginOf({ tiers: THREE_TIERS, liquidationFee: LIQUIDATION_FEE, mode: of.mode ?? 'cross' })
        : null,
  }))
}

/**
 * The first market of a scenario alone, with a strategy that answers bar by bar: its instants one at a time, all at once (as closes, or
 * as opens with the length of a bar), or one at a time with a hook that keeps the engine from taking any bar for a quiet one.
 * @param everyHour whether hours without a bar are instants too
 * @param startRow bars before the first instant
 */
export function playAlone(
  of: Scenario,
  how: 'one by one' | 'closes' | 'opens' | 'never quiet',
  everyHour = false,
  startRow = 0,
): EngineResult {
  const market = of.markets[0]!
  const alone = { ...of, markets: [market] }
  const mine = of.plan.filter(({ market: of }) => of === 0)
  const strategy = defineStrategy({
    name: 'alone',
    state: () => ({ seen: 0 }),
    ...(how === 'never quiet' && { onBars: () => undefined }),
    onBar: ({ bar, orders, account, position, events, state }) => {
      // whatever it is shown decides what it does next
      state.seen =
        (state.seen * 31 +
          Math.round(account.equity * 100 + account.free * 10 + position.unrealised) +
          position.bars +
          events.length) %
        1_000_003
      const hour = bar.openTime / HOUR
      const asked = mine.filter((step) => step.hour === hour || (state.seen + hour) % 13 === step.hour % 13)
      return asked.map(({ move }) => requestOf(move, market, hour, of.cash, orders))
    },
  })
  const hours = market.rows.map((_, hour) => closeTimeOf(hour * HOUR, '1h'))
  const slots = slotsFor(alone, market.rows.length).map((slot) => ({ ...slot, startRow, readyRow: startRow }))
  const { openTime, length } = slots[0]!.bars
  const begin = openTime[Math.min(startRow, length - 1)]!
  const instants = Float64Array.from(everyHour ? hours : instantsOf(alone, hours.length)).filter((at) => at > begin)
  const engine = new Engine({
    ...{ strategy, params: {}, cash: of.cash, instants: instants.length, limitTouch: of.limitTouch },
    ...(of.execution && { execution: { ...PLAIN_EXECUTION, ...of.execution } }),
    // a backtest knows them, a session on paper does not
    ...(how === 'opens' && { times: () => instants }),
    slots,
  })
  if (how === 'closes') engine.onInstants(instants, 0, 0, instants.length)
  else if (how === 'opens')
    engine.onInstants(
      instants.map((at) => at - HOUR),
      HOUR,
      0,
      instants.length,
    )
  else for (const at of instants) engine.onBar(at)
  return engine.finish({ closeAtEnd: of.closeAtEnd })
}
