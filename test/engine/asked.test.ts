import { expect, test } from 'vitest'
import { PLAIN_EXECUTION } from '../../src/core/execution.ts'
import { buy, cancel, close, type Decision, sell } from '../../src/core/order.ts'
import { costsOf, defineStrategy, Engine } from '../../src/engine/index.ts'
import { barsOf, HOUR, instrumentOf, marginOf, play, type Row } from './scene.ts'

/** A market that nobody but the host trades on, its first bar closed. */
function venue(rows: readonly Row[]): Engine {
  const engine = new Engine({
    strategy: defineStrategy({ name: 'nobody', onBar: () => undefined }),
    ...{ params: {}, cash: 10_000, instants: rows.length, limitTouch: false, execution: PLAIN_EXECUTION },
    slots: [
      {
        instrument: instrumentOf({}, 'BTCUSDT', 'perpetual'),
        ...{ bars: barsOf(rows), indicators: {}, also: {}, startRow: 0, readyRow: 0, margin: marginOf() },
        costs: costsOf({ feeMaker: 0, feeTaker: 0, slippageBps: 0 }),
      },
    ],
  })
  engine.onBar(HOUR)
  return engine
}

const CALM: Row = [100, 101, 99, 100]
const WIDE: Row = [100, 110, 90, 105]

/** Plays the second bar; what is asked at the open, and after each fill inside. */
function second(engine: Engine, atOpen: Decision, afterFill: readonly Decision[] = []): void {
  const [slot] = engine.slots
  engine.begin(2 * HOUR)
  engine.meetOpen(slot!)
  if (atOpen !== undefined) engine.ask(slot!, atOpen)
  for (let k = 0; engine.meetInside(slot!); k++) if (afterFill[k] !== undefined) engine.ask(slot!, afterFill[k]!)
  engine.end()
}

const fillsOf = (engine: Engine) =>
  engine.soFar.fills.map(({ side, price, phase, time }) => `${side} ${price} ${phase} ${time / HOUR}`)

test('at its open a bar gives its open, and its close is not known: the size is reckoned from the close before', () => {
  const engine = venue([CALM, [104, 120, 104, 120]])
  second(engine, buy({ quote: 1000 }))
  // 1000 at the last close of 100 are 10
  expect(engine.soFar.fills).toMatchObject([{ price: 104, qty: 10, phase: 'open', time: HOUR }])
})

test('legs placed after a fill at the open meet the same bar, as those of a bracket do', () => {
  const rows: Row[] = [CALM, WIDE]
  const legs = [sell({ qty: 1, stop: 95, reduceOnly: true }), sell({ qty: 1, limit: 108, reduceOnly: true })]
  const asked = venue(rows)
  second(asked, buy({ qty: 1 }))
  expect(fillsOf(asked)).toEqual(['buy 100 open 1'])
  const engine = venue(rows)
  const [slot] = engine.slots
  engine.ask(slot!, buy({ qty: 1 }))
  second(engine, legs)
  const bracket = play({ rows, decide: { 0: () => buy({ qty: 1, stopLoss: 95, takeProfit: 108 }) }, kind: 'perpetual' })
  expect(fillsOf(engine)).toEqual(['buy 100 open 1', 'sell 95 inside 1'])
  expect(fillsOf(engine)).toEqual(fillsOf(bracket.engine))
})

test('a stop placed after a fill inside meets the bad extreme, a target waits for the next bar', () => {
  const rows: Row[] = [CALM, WIDE, [105, 109, 104, 108]]
  const entry = buy({ qty: 1, limit: 98 })
  const inside = venue(rows)
  inside.ask(inside.slots[0]!, entry)
  second(inside, undefined, [sell({ qty: 1, stop: 95, reduceOnly: true })])
  expect(fillsOf(inside)).toEqual(['buy 98 inside 1', 'sell 95 inside 1'])

  const target = venue(rows)
  target.ask(target.slots[0]!, entry)
  second(target, undefined, [sell({ qty: 1, limit: 108, reduceOnly: true })])
  expect(fillsOf(target)).toEqual(['buy 98 inside 1'])
  target.onBar(3 * HOUR)
  expect(fillsOf(target)).toEqual(['buy 98 inside 1', 'sell 108 inside 2'])
})

test('an order cancelled after a fill inside is gone, and those behind it in line are met as if it had never been', () => {
  const engine = venue([CALM, WIDE])
  const [slot] = engine.slots
  engine.ask(slot!, [
    buy({ qty: 1, limit: 98, id: 'a' }),
    buy({ qty: 1, limit: 97, id: 'b' }),
    buy({ qty: 1, limit: 96 }),
  ])
  second(engine, undefined, [cancel('b')])
  expect(fillsOf(engine)).toEqual(['buy 98 inside 1', 'buy 96 inside 1'])
  expect(slot!.orders).toEqual([])
})

test('a market order after the open waits for the next one, and so does one asked between two bars', () => {
  const engine = venue([CALM, WIDE, [106, 107, 105, 106], CALM])
  engine.ask(engine.slots[0]!, buy({ qty: 2, limit: 98 }))
  second(engine, undefined, [sell({ qty: 1, reduceOnly: true })])
  engine.onBar(3 * HOUR)
  engine.ask(engine.slots[0]!, close())
  engine.onBar(4 * HOUR)
  expect(fillsOf(engine)).toEqual(['buy 98 inside 1', 'sell 106 open 2', 'sell 100 open 3'])
})
