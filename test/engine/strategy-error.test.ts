import { describe, expect, test } from 'vitest'
import { LedgerError } from '../../src/core/decimal.ts'
import type { Decision } from '../../src/core/order.ts'
import { buy, close } from '../../src/core/order.ts'
import { bool, defineStrategy, int, num, type Strategy, StrategyError } from '../../src/engine/index.ts'
import { userFrame } from '../../src/engine/strategy-error.ts'
import { sma } from '../../src/indicators/index.ts'
import { HOUR, type Row, stage } from './scene.ts'

const rows: Row[] = [
  [100, 101, 99, 100],
  [102, 103, 101, 102],
  [104, 105, 103, 104],
]
const run = (strategy: Strategy) => stage({ strategy, series: [{ symbol: 'BTCUSDT', rows }] })

function failureOf(strategy: Strategy): StrategyError {
  try {
    run(strategy)
  } catch (error) {
    if (error instanceof StrategyError) return error
    throw error
  }
  throw new Error('the run did not fail')
}

describe('a throw in the strategy ends the run', () => {
  test("with the strategy's file and line, the bar's time and the inputs", () => {
    let place = ''
    const cause = (): Error => {
      const error = new TypeError('no such thing')
      place = userFrame(error)
      return error
    }
    const strategy = defineStrategy({
      name: 'thrower',
      params: { period: int(2) },
      indicators: ({ period }) => ({ mean: sma(period) }),
      onBar: ({ at }) => {
        if (at === 3 * HOUR) throw cause()
        return at === 2 * HOUR ? buy({ qty: 1.5 }) : undefined
      },
    })
    const error = failureOf(strategy)
    expect(place).toMatch(/strategy-error\.test\.ts:\d+:\d+$/)
    expect(error.message).toBe(
      `strategy thrower (bar closed 1970-01-01T03:00:00.000Z, BTCUSDT) threw TypeError: no such thing, at ${place}. ` +
        'Inputs: {"bar":{"openTime":7200000,"open":104,"high":105,"low":103,"close":104,"volume":10},' +
        '"ind":{"mean":103},"position":{"qty":1.5},"params":{"period":2}}.',
    )
    expect(error.cause).toBeInstanceOf(TypeError)
  })

  test('from every hook', () => {
    const boom = (): never => {
      throw new Error('boom')
    }
    const onBar = ({ position }: { position: { qty: number } }) => (position.qty === 0 ? buy({ qty: 1 }) : undefined)
    const message = (hooks: Parameters<typeof defineStrategy>[0]) => failureOf(defineStrategy(hooks)).message
    const name = 'hooks'
    expect(message({ name, onBar, onStart: boom })).toMatch(
      /^strategy hooks \(bar closed the start\) threw Error: boom, at /,
    )
    expect(message({ name, onBar, onFill: boom })).toMatch(/\(bar closed 1970-01-01T02:00:00\.000Z\) threw Error: boom/)
    expect(message({ name, onBars: boom })).toMatch(/\(bar closed 1970-01-01T01:00:00\.000Z\) threw Error: boom/)
    expect(message({ name, onBar, onStop: boom })).toMatch(/\(bar closed 1970-01-01T03:00:00\.000Z\) threw Error: boom/)
  })

  test('whatever its text: only the ledger itself can say that it is outgrown', () => {
    const strategy = defineStrategy({
      name: 'mimic',
      onBar: () => {
        throw new RangeError('the account has grown beyond my wishes')
      },
    })
    expect(failureOf(strategy).message).toMatch(/threw RangeError: the account has grown beyond my wishes/)
  })

  test('an account that outgrows its ledger is no fault of the strategy, wherever that shows', () => {
    // 10 000 in whole 1e-8, of which 2^53 are 90 071 992; all of it in a coin that rises twentythousandfold
    const coin: Row[] = [
      [1, 1, 1, 1],
      [1, 1, 1, 1],
      [20_000, 20_000, 20_000, 20_000],
      [20_000, 20_000, 20_000, 20_000],
    ]
    const strategy = defineStrategy({
      name: 'lucky',
      onBar: ({ position }) => (position.qty === 0 ? buy({ qty: 9000 }) : close()),
    })
    const outgrown = () => stage({ strategy, series: [{ symbol: 'BTCUSDT', rows: coin }] })
    expect(outgrown).toThrow(LedgerError)
    expect(outgrown).not.toThrow(StrategyError)
    expect(outgrown).toThrow(/start (it )?with less cash/)
  })

  test('also where what is thrown is no error', () => {
    const strategy = defineStrategy({
      name: 'words',
      onBar: () => {
        throw 'just words'
      },
    })
    expect(failureOf(strategy).message).toMatch(/threw string: just words\./)
  })
})

describe('what is no request is an error that says what was returned', () => {
  const returning = (decision: unknown) => defineStrategy({ name: 'odd', onBar: () => decision as Decision })

  test.each([
    ['a number', 42, /returned 42, which is no request/],
    ['a text', 'buy', /returned "buy", which is no request/],
    ['no kind', { side: 'buy', qty: 1 }, /returned \{"side":"buy","qty":1\}, which is no request/],
    [
      'a kind that every object knows',
      { kind: 'constructor' },
      /returned \{"kind":"constructor"\}, which is no request/,
    ],
    [
      'a size that is inherited, of an order that has one',
      Object.create({ quote: 5 }, Object.getOwnPropertyDescriptors(buy({ qty: 1 }))),
      /qty: 1, quote: 5 \}\): size is exactly one of/,
    ],
    [
      'a size that a getter has',
      new (class {
        readonly kind = 'order'
        readonly side = 'sell'
        get qty() {
          return -1
        }
      })(),
      /sell\(\{ qty: -1 \}\): qty must be a number above 0/,
    ],
    ['a promise', Promise.resolve(), /returned a promise from onBar or onBars, and a bar does not wait/],
    [
      'no size',
      { kind: 'order', side: 'buy' },
      /buy\(\{ {2}\}\): size is exactly one of qty, quote, fraction, risk; it has none/,
    ],
    ['two sizes', buy({ qty: 1, quote: 5 }), /qty: 1, quote: 5 \}\): size is exactly one of .*; it has 2/],
    ['NaN', buy({ qty: Number.NaN }), /buy\(\{ qty: NaN \}\): qty must be a number above 0/],
    [
      'hedge mode',
      { ...buy({ qty: 1 }), positionSide: 'LONG' },
      /buy: positionSide: hedge mode is not modelled: a symbol has one net position/,
    ],
    ['a misspelt key', { ...buy({ qty: 1 }), stopLos: 90 }, /unknown key "stopLos".*stopLoss/],
    ['risk without a stop', buy({ risk: 0.01 }), /risk needs a stopLoss/],
  ])('%s', (_, decision, message) => {
    const { message: text } = failureOf(returning(decision))
    expect(text).toMatch(message)
    // the hook has returned by then: no line of the strategy is at fault, and none of ours is named
    expect(text).not.toMatch(/, at /)
    expect(text).toMatch(/bar closed 1970-01-01T01:00:00\.000Z, BTCUSDT/)
  })

  test('one bad request in a list: none of the list is accepted', () => {
    let last: { readonly orders: readonly unknown[]; readonly events: readonly unknown[] } | null = null
    const strategy = defineStrategy({
      name: 'half',
      onBar: (context) => {
        last = context
        return [buy({ qty: 1, limit: 90 }), 42] as unknown as Decision
      },
    })
    expect(failureOf(strategy).message).toMatch(/returned 42/)
    expect(last!['orders']).toEqual([])
    expect(last!['events']).toEqual([])
  })

  test('nothing, null and gaps in a list are nothing to do', () => {
    for (const decision of [undefined, null, [], [undefined, null, false]])
      expect(run(returning(decision)).accepted).toBe(0)
    expect(run(returning([null, buy({ qty: 1 }), false])).accepted).toBe(rows.length)
  })
})

test.each([
  ['nothing', undefined, 'buy(): write what is ordered, such as buy({ qty: 0.1 })'],
  ['a bare size', 1, 'buy(1): write what is ordered'],
  ['null', null, 'buy(null): write what is ordered'],
])('an order of %s says how one is written', (_, options, message) => {
  expect(() => buy(options as never)).toThrow(message)
})

describe('what declares no parameter is an error, since a strategy that reads it would compare with nothing', () => {
  test.each([
    ['a number', { fast: 5 }, 'strategy bad: params.fast is 5, which declares no parameter: write int(10), num(0.5)'],
    ['null', { fast: null }, 'params.fast is null, which declares no parameter'],
    ['an object', { fast: { value: 3 } }, 'params.fast is {"value":3}, which declares no parameter'],
    ['a declaration that was not called', { fast: int }, 'params.fast is a function, which declares no parameter'],
    ['a default of another kind', { on: bool('yes' as never) }, 'params.on: its default is "yes"; write a boolean'],
    ['a number as text', { fast: int('5' as never) }, 'params.fast: its default is "5"; write a number'],
    ['a list', [int(5)], 'params must be an object such as { period: int(14) }, it is ['],
  ])('%s', (_, params, message) => {
    expect(() => defineStrategy({ name: 'bad', params: params as never, onBar: () => {} })).toThrow(message)
  })

  test('a bound that is not there is not named', () => {
    expect(() => int(1, { min: 2 })).toThrow('is 1: it must be at least 2')
    expect(() => num(3, { max: 2 })).toThrow('is 3: it must be at most 2')
    expect(() => num(3, { min: 0, max: 2 })).toThrow('is 3: it goes from 0 to 2')
  })
})

describe('hooks answer at once', () => {
  const onBar = ({ position }: { position: { qty: number } }) => (position.qty === 0 ? buy({ qty: 1 }) : undefined)
  const later = async () => {}

  test.each([
    ['onBar', { onBar: later }],
    ['onBars', { onBars: later }],
    ['onStart', { onBar, onStart: later }],
    ['onFill', { onBar, onFill: later }],
    ['onStop', { onBar, onStop: later }],
    ['state', { onBar, state: later }],
    ['indicators', { onBar, indicators: later as never }],
    ['risk', { onBar, risk: later as never }],
    ['also.h4.indicators', { onBar, also: { h4: { interval: '4h', indicators: later as never } } }],
  ] as [string, object][])('an async %s is refused where it is declared', (hook, hooks) => {
    expect(() => defineStrategy({ name: 'later', ...hooks })).toThrow(
      `strategy later: ${hook} is async, and a bar does not wait: a strategy answers at once. Leave out async`,
    )
  })

  test('so is a generator, of which nothing would ever run', () => {
    const never = function* () {}
    expect(() => defineStrategy({ name: 'never', onBar, onStart: never as never })).toThrow(
      'strategy never: onStart is a generator (function*); write a plain function',
    )
  })

  test.each(['onBars', 'onStart', 'onFill', 'onStop'])('a promise that %s returns ends the run', (hook) => {
    // a rejection that nobody hears would end these tests
    const hooks = { [hook]: () => Promise.reject(new Error('later')) }
    const { message } = failureOf(defineStrategy({ name: 'later', onBar, ...hooks } as never))
    expect(message).toMatch(
      new RegExp(
        `^strategy later .* returned a promise from .*${hook}.*, and a bar does not wait: .*at the top of the module`,
      ),
    )
  })
})

describe('the place of an error', () => {
  const own = new URL('../../src/', import.meta.url).pathname
  const stack = (...frames: string[]) => Object.assign(new Error('x'), { stack: ['Error: x', ...frames].join('\n') })

  test('is the first frame outside klinelab, whatever the folders there are called', () => {
    const error = stack(
      `    at Object.get (${own}engine/view.ts:10:5)`,
      `    at file://${own}indicators/sma.ts:3:4`,
      '    at Object.onBar (file:///home/me/bot/src/engine/mine.ts:7:9)',
      '    at main (/home/me/run.ts:1:1)',
    )
    expect(userFrame(error)).toBe('/home/me/bot/src/engine/mine.ts:7:9')
  })

  test("is the strategy's own line where a library it calls has thrown", () => {
    const error = stack(
      '    at pick (/home/me/bot/node_modules/lodash/lodash.js:100:2)',
      '    at onBar (/home/me/bot/strategy.ts:4:5)',
    )
    expect(userFrame(error)).toBe('/home/me/bot/strategy.ts:4:5')
  })

  test('is the line that made it where code was made of a text', () => {
    const error = stack(
      '    at eval (eval at onBar (file:///home/me/bot/strategy.ts:4:7), <anonymous>:3:1)',
      '    at onBar (file:///home/me/bot/strategy.ts:4:33)',
    )
    expect(userFrame(error)).toBe('/home/me/bot/strategy.ts:4:33')
  })

  test('is left out where there is none', () => {
    expect(userFrame(stack('    at process.processTicksAndRejections (node:internal/process/task_queues:103:5)'))).toBe(
      '',
    )
    expect(userFrame('no error at all')).toBe('')
  })
})
