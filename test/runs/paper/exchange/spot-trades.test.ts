import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MainClient } from 'binance'
import { afterEach, expect, test, vi } from 'vitest'
import { sliceBars } from '../../../../src/core/bar.ts'
import { openTimeOf } from '../../../../src/core/interval.ts'
import type { EngineResult } from '../../../../src/core/run.ts'
import { venueTime } from '../../../../src/runs/paper/venue-time.ts'
import { prepare } from '../../../../src/runs/prepare.ts'
import { replaySlots } from '../../../../src/runs/replay-slots.ts'
import { settle } from '../../../../src/runs/settings.ts'
import { simulate } from '../../../../src/runs/simulate.ts'
import { ROOT, scratch } from '../../../cli/klinelab.ts'
import { KEYS, play } from '../../../exchange/played.ts'
import { SessionDouble } from './session-double.ts'
import { StubExchange } from './stub-exchange.ts'
import { untilFilled } from './until.ts'

const SERIES = 'binance:BTCUSDT:1h'
const CASH = 100_000
const HOUR = 3_600_000
const FROM = Date.UTC(2025, 0, 6)
/** Ten days in the suite; `npm run soak` plays two months. */
const IS_WHOLE = process.env['KLINELAB_SEED'] === 'random'
const TO = FROM + (IS_WHOLE ? 60 : 10) * 24 * HOUR

interface Case {
  /** In the module: of two stops at the same coins only one can rest on spot. */
  readonly change?: readonly [from: string, to: string]
  readonly set: Readonly<Record<string, string>>
  readonly feeAsset: 'quote' | 'received'
  /** Asked no more than Binance allows in a minute, with the market's time at every bar. */
  readonly isLimited?: boolean
}

afterEach(() => {
  vi.useRealTimers()
})

const CASES: Readonly<Record<string, Case>> = {
  'buy-and-hold': { set: {}, feeAsset: 'received', isLimited: true },
  'sma-cross': { set: { fast: '6', slow: '24', qty: '0.5' }, feeAsset: 'received' },
  'rsi-reversion': { set: { period: '6' }, feeAsset: 'quote' },
  // its two stops so far apart that no bar goes through both
  'donchian-breakout': {
    change: ['stopLoss: { distance }', 'stopLoss: { distance: 4 * distance }'],
    set: { period: '24', ranges: '1.5' },
    feeAsset: 'quote',
  },
}

/** A backtest says the bar, the wire the moment in it. */
function fillsOf({ fills }: EngineResult): string[] {
  return fills.map(
    ({ order, side, role, qty, price, fee, feeAsset, realised, position, liquidity, time }) =>
      `${openTimeOf(time, '1h')} ${order} ${role} ${side} ${qty} at ${price} ${liquidity} ${fee} ${feeAsset} ${realised} ${position}`,
  )
}

function tradesOf({ trades }: EngineResult): string[] {
  return trades.map(({ entryTime, exitTime, ...trade }) =>
    JSON.stringify({ ...trade, entryTime: openTimeOf(entryTime, '1h'), exitTime: openTimeOf(exitTime, '1h') }),
  )
}

/** A shipped strategy in a backtest, and at a simulated exchange that waits for it, pause by pause. */
async function both(name: string, { change = ['', ''], set, feeAsset, isLimited = false }: Case) {
  const shipped = readFileSync(join(ROOT, 'strategies', `${name}.ts`), 'utf8')
  expect(shipped).toContain(change[0])
  const file = join(scratch({ [`${name}.ts`]: shipped.replace(...change) }), `${name}.ts`)
  const settings = settle({ cash: CASH, slippageBps: 2, feeAsset }, { config: {}, file: null }, {}, ROOT)
  const asked = { strategy: file, data: [SERIES], set, from: FROM, to: TO }
  const { options, strategy, params } = await prepare(asked, settings, {})
  const backtest = simulate(options)

  const { kind, slots } = await replaySlots({ series: [SERIES], from: FROM, to: TO, history: 500 }, settings)
  const [{ bars, startRow, instrument }] = slots as [(typeof slots)[number]]
  const { limitTouch, execution } = settings
  // days go by in a second, and are asked about as days are
  const allowances = isLimited ? {} : { weightPerMinute: 1e9, ordersPerTenSeconds: 1e9, ordersPerLonger: 1e9 }
  const played = await play({ slots, kind, cash: CASH, limitTouch, execution, allowances })
  const { bars: all, costs } = options.slots[0]!
  const warmFrom = bars.openTime.indexOf(all.openTime[0]!)
  const slot = { instrument, bars: sliceBars(bars, warmFrom, startRow), costs, margin: null, marks: null }
  const world = { strategy, params, leverage: 1, cash: CASH, from: FROM, keys: KEYS, slot }
  const patient = { timeout: 5000, echo: 5000, recvWindow: 5000 }
  const session = await new SessionDouble(played.origin, new StubExchange(), [], patient, world).open()
  const client = new MainClient({ api_key: KEYS.key, api_secret: KEYS.secret, baseUrl: played.origin })
  if (isLimited) vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const clock = isLimited ? await venueTime(played.origin, 'spot') : null
  try {
    for (let row = startRow; row < bars.length; row++) {
      if (clock !== null) vi.advanceTimersByTime(1000)
      for (let at = ''; at !== 'close' && at !== 'end'; ) {
        // nothing can be filled where nothing rests
        const isQuiet = session.run.openOrders().length === 0
        at = (await played.step()).at
        if (!isQuiet && at !== 'close') {
          const trades = await client.getAccountTradeList({ symbol: 'BTCUSDT', fromId: 1, limit: 1000 })
          await untilFilled(trades.length, () => session.fills.length)
        }
        await session.broker.idle()
      }
      const [openTime, open, high] = [bars.openTime[row]!, bars.open[row]!, bars.high[row]!]
      const [low, close, volume] = [bars.low[row]!, bars.close[row]!, bars.volume[row]!]
      session.bar({ openTime, open, high, low, close, volume }, HOUR)
      await session.broker.idle()
    }
    await session.broker.reconcile()
    // a trailing stop that a bar's high has moved above its close leaves at the next open, as in a backtest
    expect(session.said.filter((one) => !/^(own-work|stop-passed)/.test(one))).toEqual([])
    expect(session.logged.filter((one) => one.includes('tried again'))).toEqual([])
    expect(played.errors).toEqual([])
    return { here: session.run.result(), there: backtest.result }
  } finally {
    clock?.close()
    await session.kill()
    await played.close()
  }
}

test.each(Object.entries(CASES))(
  '%s trades on spot over the wire as in a backtest, to the last digit',
  async (name, given) => {
    const { here, there } = await both(name, given)
    expect(fillsOf(here)).toEqual(fillsOf(there))
    expect(tradesOf(here)).toEqual(tradesOf(there))
    expect(there.fills.length).toBeGreaterThan(name === 'buy-and-hold' ? 0 : 8)
  },
  300_000,
)

test('two stops at the same coins: alike until a bar goes through both, of which the nearer rests there', async () => {
  const { here, there } = await both('donchian-breakout', { set: { period: '24', ranges: '1.5' }, feeAsset: 'quote' })
  const [paper, backtest] = [fillsOf(here), fillsOf(there)]
  const first = paper.findIndex((fill, k) => fill !== backtest[k])
  expect(first).toBeGreaterThan(4)
  const [nearer, farther] = [here.fills[first]!, there.fills[first]!]
  expect([nearer.role, farther.role]).toEqual(['trail', 'stop'])
  expect(openTimeOf(nearer.time, '1h')).toBe(farther.time)
  expect([nearer.side, nearer.qty]).toEqual([farther.side, farther.qty])
  expect(nearer.price).toBeGreaterThan(farther.price)
}, 300_000)
