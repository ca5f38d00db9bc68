import { describe, expect, test } from 'vitest'
import { buy } from '../../src/core/order.ts'
import { defineStrategy, int } from '../../src/engine/index.ts'
import { bollinger, sma } from '../../src/indicators/index.ts'
import { HOUR, type Row, stage } from './scene.ts'

/** Closes 1, 2, 3, … */
const rising = (count: number): Row[] => Array.from({ length: count }, (_, k) => [k + 1, k + 1, k + 1, k + 1])
const series = [{ symbol: 'BTCUSDT', rows: rising(8) }]

/** Everything that code can get at from `start` without calling a function: properties of every kind, getters, prototypes. */
function reachable(start: object): Map<unknown, string> {
  const seen = new Map<unknown, string>()
  const visit = (value: unknown, path: string, receiver: unknown = value) => {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return
    if (value === Object.prototype || value === Function.prototype || value === Array.prototype) return
    const isNew = !seen.has(value)
    if (isNew) seen.set(value, path)
    // a prototype is looked at again for every object that inherits its getters
    if (!isNew && receiver === value) return
    for (const key of Reflect.ownKeys(value)) {
      const found = Object.getOwnPropertyDescriptor(value, key)!
      let next: unknown = found.value
      if (found.get !== undefined) {
        // a getter seen on the prototype itself refuses a receiver without its private fields
        try {
          next = Reflect.get(value, key, receiver)
        } catch {}
      }
      visit(next, `${path}.${String(key)}`)
    }
    visit(Object.getPrototypeOf(value), `${path}.[[Prototype]]`, receiver)
  }
  visit(start, 'context')
  return seen
}

type Loose = Record<string, Record<string, unknown>>

/** Runs a strategy that has everything a strategy can have, with hooks of the test's own. */
function run(hooks: object): ReturnType<typeof stage> {
  const strategy = defineStrategy({
    name: 'sealed',
    params: { first: int(2) },
    indicators: () => ({ mean: sma(2), bands: bollinger(2, 2) }),
    also: { h2: { interval: '2h', indicators: () => ({ mean: sma(1) }) } },
    state: () => ({ calls: 0 }),
    onBar: ({ at, position }) =>
      position.qty === 0 && at < 5 * HOUR ? buy({ qty: 1, stopLoss: { percent: 0.5 } }) : undefined,
    ...hooks,
  })
  return stage({ strategy, series })
}

describe('what a strategy is handed holds no more than it shows', () => {
  test('no column and no part of the engine can be reached from any context', () => {
    const held: [string, string][] = []
    const names = new Set<string>()
    const look = (context: object) => {
      for (const [value, path] of reachable(context)) {
        const name = (value as object).constructor?.name ?? ''
        names.add(path.replaceAll('.[[Prototype]]', ''))
        if (ArrayBuffer.isView(value) || /^(Account|Position|Slot|Engine|Broker|Margin)$/.test(name))
          held.push([path, name])
      }
    }
    run({ onBars: look, onStart: look, onStop: look, onFill: (_: unknown, context: object) => look(context) })
    run({ onBar: look })
    expect(held).toEqual([])
    // the walk has been where the values are
    for (const path of ['context.ind', 'context.also.h2.ind', 'context.ind.bands', 'context.account', 'context.inds'])
      expect(names).toContain(path)
  })

  test('ind has no keys of its own, copies nothing when spread, and prints the values of its bar', () => {
    const seen: unknown[] = []
    const onBar = ({ ind, prev, bar, position, at, ...rest }: Record<string, object> & { at: number }) => {
      if (at !== 4 * HOUR) return
      seen.push(Object.keys(ind!), { ...ind }, { ...bar }, { ...position }, { ...rest['account'] })
      seen.push(JSON.parse(JSON.stringify([ind, (prev as { mean: number }).mean, bar, position, rest['account']])))
    }
    run({ onBar })
    expect(seen).toEqual([
      [],
      {},
      {},
      {},
      {},
      [
        // closes 3 and 4: mean 3.5, deviation 0.5
        { mean: 3.5, bands: { middle: 3.5, upper: 4.5, lower: 2.5 } },
        2.5,
        { openTime: 3 * HOUR, closeTime: 4 * HOUR, open: 4, high: 4, low: 4, close: 4, volume: 10 },
        { qty: 0, entryPrice: 0, entryTime: null, unrealised: 0, bars: 0, high: null, low: null },
        { cash: 10_000, free: 10_000, equity: 10_000, fees: 0, trades: 0, wins: 0, grossProfit: 0, grossLoss: 0 },
      ],
    ])
  })

  test.each([
    ...['cursor', 'back', 'c0', '#c0', 'columns', 'constructor', 'prototype', 'toJSON', 'then', 'toString', 'row'],
    ...['__proto__', 'a|b', 'a b', '"', '\\', '`', '\u2028', '1', ''],
  ])('an indicator may have any name: %j', (name) => {
    const seen: unknown[] = []
    const strategy = defineStrategy({
      name: 'names',
      indicators: () => Object.fromEntries([[name, sma(2)]]),
      onBar: ({ ind, prev }) => void seen.push([ind[name], prev[name]]),
    })
    stage({ strategy, series: [{ symbol: 'BTCUSDT', rows: rising(3) }] })
    expect(seen).toEqual([
      [1.5, Number.NaN],
      [2.5, 1.5],
    ])
  })

  test('names that run together to the same text are different indicators', () => {
    const seen: unknown[] = []
    const read = (declared: Record<string, ReturnType<typeof sma>>) => {
      const onBar = ({ ind }: { ind: Record<string, number> }) =>
        void seen.push(Object.keys(declared).map((name) => ind[name]))
      stage({ strategy: defineStrategy({ name: 'names', indicators: () => declared, onBar }), series })
    }
    read({ 'a|b': sma(8) })
    read({ a: sma(8), b: sma(1) })
    expect(seen).toEqual([[4.5], [4.5, 8]])
  })

  test('nothing of it can be written', () => {
    const kept: unknown[] = []
    const onBar = (context: Loose) => {
      for (const [what, key] of [
        ['account', 'wallet'],
        ['account', 'cash'],
        ['position', 'qty'],
        ['position', 'settle'],
        ['bar', 'close'],
        ['ind', 'mean'],
        ['params', 'first'],
        ['also', 'h2'],
      ] as const)
        if (Reflect.set(context[what]!, key, 1e12)) kept.push([what, key])
      for (const key of ['account', 'position', 'bar', 'mine']) if (Reflect.set(context, key, {})) kept.push(key)
      for (const what of ['ind', 'bar', 'account', 'position'])
        if (Reflect.set(Object.getPrototypeOf(context[what]), 'mean', 1)) kept.push(`${what} prototype`)
      if (Reflect.set(Object.getPrototypeOf(context), 'at', 1)) kept.push('context prototype')
      for (const event of context['events'] as unknown as Loose[])
        for (const key of Object.keys(event)) if (Reflect.set(event, key, null)) kept.push(`event ${key}`)
      return (context['position'] as { qty: number }).qty === 0 ? buy({ qty: 1 }) : undefined
    }
    const onFill = (fill: object, context: object) => {
      Reflect.set(fill, 'price', 1)
      if (Reflect.set(context, 'mine', 1)) kept.push('what onFill is handed beside the fill')
    }
    const result = run({ onBar, onFill })
    expect(kept).toEqual([])
    expect(result.fills).toMatchObject([{ price: 3 }])
    // bought at 3, the last close is 8
    expect(result.endEquity).toBe(10_005)
  })

  test('what parameters print is a copy, and their class is that of every run with the same names', () => {
    const seen: Record<string, unknown>[] = []
    const onBar = ({
      params,
      at,
    }: {
      params: Record<string, unknown> & { toJSON(): { first: number } }
      at: number
    }) => {
      params.toJSON().first = at
      seen.push(params)
    }
    run({ onBar })
    run({ onBar })
    expect(seen.map((params) => params['first'])).toEqual(seen.map(() => 2))
    expect(new Set(seen).size).toBe(2)
    expect(new Set(seen.map((params) => Object.getPrototypeOf(params))).size).toBe(1)
  })

  test('a name that account and position do not have is an error', () => {
    const reading = (what: string, key: string) => () => run({ onBar: (context: Loose) => void context[what]![key] })
    expect(reading('account', 'eqity')).toThrow(/account\.eqity is not declared.*; declared: cash, free, equity, fees/)
    expect(reading('position', 'wallet')).toThrow(/position\.wallet is not declared.*; declared: qty, entryPrice/)
  })
})
