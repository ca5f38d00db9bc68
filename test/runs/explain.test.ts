import { createHash } from 'node:crypto'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { RunEvent } from '../../src/core/event.ts'
import type { Fill } from '../../src/core/fill.ts'
import type { OrderView } from '../../src/core/order.ts'
import { buy, defineStrategy, runBacktest } from '../../src/index.ts'
import { type Asked, type Explained, explain } from '../../src/runs/explain.ts'
import type { Step } from '../../src/runs/explain-steps.ts'
import { subjectOf } from '../../src/runs/explain-subject.ts'
import { explanationParts } from '../../src/runs/explain-words.ts'
import { scratch } from '../cli/klinelab.ts'

import { HOUR, HOURS, project, SERIES, START, STRATEGY } from './explain-scene.ts'

describe('a trade explained', () => {
  let made: Awaited<ReturnType<typeof project>>
  let dir: string
  const told = (asked: Asked) => explain(dir, asked, made.store, made.dir)

  beforeAll(async () => {
    made = await project()
    const { strategy, store } = made
    const run = await runBacktest({ strategy, store, data: SERIES, out: join(made.dir, 'reports') })
    dir = run.dir
    expect(run.trades.length).toBe(2)
  })

  describe('a market order with a bracket', () => {
    let found: Explained
    let entry: Step
    let exit: Step
    beforeAll(async () => {
      found = await told({ trade: 1 })
      ;[entry, exit] = found.explanation.steps as [Step, Step]
    })

    test('the bar at whose close it was decided, the indicators there and a bar earlier, the account, and what was returned', () => {
      const { sight, previous, answers } = entry.decided!
      expect(found.explanation.mismatches).toEqual([])
      expect(entry.by).toBe('strategy')
      expect(sight!.at).toBe(START + 5 * HOUR)
      expect(sight!.bar).toEqual({
        ...{ openTime: START + 4 * HOUR, closeTime: START + 5 * HOUR },
        ...{ open: 100, high: 105, low: 99.5, close: 100.4, volume: 10 },
      })
      expect(previous).toMatchObject({ openTime: START + 3 * HOUR, close: 100.3 })
      // closes 100.4 and 100.3, and a bar earlier 100.3 and 100.2
      expect(sight!.ind['mean']).toBeCloseTo(100.35, 12)
      expect(sight!.prev['mean']).toBeCloseTo(100.25, 12)
      expect(sight!.account).toMatchObject({ cash: 10_000, free: 10_000, equity: 10_000, fees: 0 })
      expect(sight!.position['qty']).toBe(0)
      expect(sight!.orders).toEqual([])
      // asked first when sma(2) had a value, at the close of the second bar: three times before
      expect(sight!.state).toEqual({ asked: 3 })
      expect(answers.flatMap(({ requests }) => requests)).toEqual([
        { kind: 'order', side: 'buy', qty: 1, stopLoss: 95, takeProfit: 130, tag: 'first' },
      ])
    })

    test('the order as it was accepted, and the filters that it was held to', () => {
      expect(entry.order).toMatchObject({ id: 'o1', side: 'buy', type: 'market', qty: 1, tag: 'first' })
      expect(entry.checks).toEqual({
        source: expect.stringContaining('2023-12-31'),
        validFrom: START - 24 * HOUR,
        rows: [
          { filter: 'LOT_SIZE', value: 'qty 1', bounds: 'step 0.001, at least 0.001, at most 900' },
          // at the close of the decision
          {
            filter: 'NOTIONAL',
            value: '1 × 100.4 = 100.4',
            bounds: 'at least 10, at most 9000 (not of market orders)',
          },
        ],
      })
    })

    test('its fill, the rule, and the account after it', () => {
      const { fill, bar, rule, account, after, open, bars: waited } = entry.filled!
      expect(bar.openTime).toBe(START + 5 * HOUR)
      // the open of 100 worsened by 2 bps
      expect(fill).toMatchObject({ price: 100.02, reference: 100, phase: 'open', liquidity: 'taker' })
      expect(rule.rules).toEqual([5, 13])
      // 10000 − 100.02 − 0.1 %
      expect(account!['cash']).toBe(9899.87998)
      expect(after!.position['qty']).toBe(1)
      expect([waited, open]).toEqual([1, []])
    })

    test('the exit by its cause: the leg, its trigger, the other leg that was open', () => {
      expect([exit.by, exit.parent!.id]).toEqual(['bracket', 'o1'])
      expect(exit.order).toMatchObject({ role: 'stop', trigger: 95, reduceOnly: true })
      expect(exit.checks!.rows).toContainEqual({
        filter: 'PRICE_FILTER',
        value: 'trigger 95',
        bounds: 'tick 0.01, at least 0.01, at most 1000',
      })
      // it came second: the target after it is not counted yet
      expect(exit.checks!.rows.find(({ filter }) => filter === 'MAX_NUM_ORDERS')).toMatchObject({
        value: '1',
        bounds: 'at most 5',
      })
      const { fill, rule, before, account, open, bars: waited } = exit.filled!
      // 95 less 2 bps is 94.981, and down to the tick
      expect(fill).toMatchObject({ price: 94.98, reference: 95, phase: 'inside' })
      expect(rule.rules).toEqual([9, 11, 13])
      expect(before!.at).toBe(START + 8 * HOUR)
      expect(open).toEqual([{ order: expect.objectContaining({ role: 'target', limit: 130 }), isReached: false }])
      // 9899.87998 + 94.98 − 0.1 % of it
      expect(account!['cash']).toBe(9994.765)
      // bars 5, 6, 7 and 8
      expect(waited).toBe(4)
    })

    test('the chart has this trade only, with the levels at which its orders waited', () => {
      const { trades, plots } = found.chart!
      expect(trades.map(({ n }) => n)).toEqual([1])
      expect(plots.map(({ name }) => name)).toEqual(['mean', 'stop', 'target'])
      const level = (name: string) => Array.from(plots.find((plot) => plot.name === name)!.values)
      const held = (value: number) => Array.from({ length: HOURS }, (_, k) => (k >= 5 && k <= 8 ? value : Number.NaN))
      expect(level('stop')).toEqual(held(95))
      expect(level('target')).toEqual(held(130))
    })

    test('in words', () => {
      const parts = explanationParts(found.explanation)
      expect(parts.map(({ id }) => id)).toEqual(['trade', 'entry', 'exit', 'meanwhile'])
      const facts = new Map(parts[1]!.facts)
      expect(facts.get('Decided by')).toBe(
        'the strategy, at the close of the bar of 2024-01-01T04:00 (2024-01-01T05:00)',
      )
      expect(facts.get('Returned')).toBe("buy({ qty: 1, stopLoss: 95, takeProfit: 130, tag: 'first' })")
      expect(facts.get('Rule')).toBe('fills.md 5, 13: a market order fills at the open of the next bar')
      expect(facts.get('State')).toBe('{ asked: 3 }')
      expect(parts[1]!.table!.rows.map((row) => [row[0], row[1], row[5], row[7]])).toEqual([
        ['before', '2024-01-01T03:00', '100.3', '100.25'],
        ['decision', '2024-01-01T04:00', '100.4', '100.35'],
        ['fill', '2024-01-01T05:00', '100.5', '100.45'],
      ])
      expect(new Map(parts[2]!.facts).get('Decided by')).toBe(
        "the stop leg of the bracket of o1, live from the entry's fill",
      )
    })
  })

  test('of a run that stress and the better path were made of too, the run itself and none of those', async () => {
    const { strategy, store } = made
    const out = join(made.dir, 'stressed')
    const run = await runBacktest({ strategy, store, data: SERIES, out, stress: true, band: 'full' })
    const [plain, stressed] = [await told({ trade: 1 }), await explain(run.dir, { trade: 1 }, store, made.dir)]
    expect(stressed.explanation.steps).toEqual(plain.explanation.steps)
    expect(stressed.chart!.plots).toEqual(plain.chart!.plots)
  })

  test('a limit order that was amended while it waited, and an exit by the strategy', async () => {
    const { explanation } = await told({ trade: 2 })
    const [entry, exit] = explanation.steps as [Step, Step]
    expect(entry.decided!.answers.flatMap(({ requests }) => requests).map(({ kind }) => kind)).toEqual([
      'order',
      'order',
    ])
    // 98.007 is down to the tick
    expect(entry.order).toMatchObject({ id: 'rest', limit: 98, qty: 2 })
    expect(entry.checks!.rows).toEqual([
      { filter: 'PRICE_FILTER', value: 'limit 98', bounds: 'tick 0.01, at least 0.01, at most 1000' },
      // the close of bar 11
      {
        filter: 'PERCENT_PRICE_BY_SIDE',
        value: 'limit 98',
        bounds: 'at least 0.5 × 101.1, at most 1.2 × 101.1 (the last close)',
      },
      { filter: 'LOT_SIZE', value: 'qty 2', bounds: 'step 0.001, at least 0.001, at most 900' },
      { filter: 'NOTIONAL', value: '2 × 98 = 196', bounds: 'at least 10, at most 9000' },
      { filter: 'MAX_NUM_ORDERS', value: '1', bounds: 'at most 5' },
    ])
    expect(entry.changed).toMatchObject({ at: START + 14 * HOUR, order: { limit: 99 } })
    expect(entry.changed!.decided.sight!.orders).toEqual([expect.objectContaining({ id: 'rest', limit: 98 })])
    expect(entry.changed!.decided.answers[0]!.requests).toEqual([{ kind: 'amend', id: 'rest', limit: 99 }])
    expect(entry.filled).toMatchObject({ fill: { price: 99, liquidity: 'maker' }, rule: { rules: [8] }, bars: 3 })
    // what was refused in the same return concerns the trade too
    expect(explanation.events).toContainEqual(
      expect.objectContaining({ type: 'rejected', id: 'naked', reason: 'INSUFFICIENT_BALANCE' }),
    )
    expect(exit).toMatchObject({
      by: 'strategy',
      acceptedAt: START + 20 * HOUR,
      filled: { rule: { rules: [5, 13, 19] } },
    })
    expect(exit.decided!.answers[0]!.requests).toEqual([{ kind: 'close', tag: 'done' }])
    expect(exit.decided!.sight!.position).toMatchObject({ qty: 2, entryPrice: 99 })
    expect(exit.filled!.after!.position['qty']).toBe(0)
  })

  describe('an order', () => {
    test('that was refused: by which filter, and what was returned', async () => {
      const { explanation, chart } = await told({ order: 'small' })
      const [step] = explanation.steps
      expect(step).toMatchObject({ by: 'strategy', order: null, checks: null, filled: null })
      expect(step!.rejected).toMatchObject({ reason: 'NOTIONAL', limit: 'minNotional 10.00' })
      expect(step!.decided!.answers[0]!.requests).toEqual([{ kind: 'order', side: 'buy', quote: 5, id: 'small' }])
      expect(step!.decided!.sight!.at).toBe(START + 22 * HOUR)
      expect([explanation.trade, chart]).toEqual([null, null])
    })

    test('whose id comes again is named by its number', async () => {
      await expect(told({ order: 'rest' })).rejects.toThrow(
        /2 orders had the id "rest".*--order rest#1 to --order rest#2/,
      )
      await expect(told({ order: 'rest#3' })).rejects.toThrow(/the last is rest#2/)
      const first = await told({ order: 'rest#1' })
      expect(first.explanation.trade!.n).toBe(2)
      expect(first.chart!.trades.map(({ n }) => n)).toEqual([2])
      const second = await told({ order: 'rest#2' })
      expect(second.explanation.steps[0]).toMatchObject({ order: { limit: 60 }, filled: null })
      const facts = new Map(explanationParts(second.explanation)[0]!.facts)
      expect(facts.get('Filled')).toBe('never: rest cancelled (end), at 2024-01-02T06:00')
    })

    test('that was never filled is told to its end, and not to that of the next of its id', async () => {
      const { explanation } = await told({ order: 'idle#1' })
      expect(explanation.steps[0]!.events.map(({ type }) => type)).toEqual(['accepted', 'cancelled'])
      const facts = new Map(explanationParts(explanation)[0]!.facts)
      expect(facts.get('Filled')).toBe('never: idle cancelled (requested), at 2024-01-01T03:00')
    })

    test('that was cut to what was held has ended with its fill: a refusal of its id is another order', () => {
      const own = { id: 'out', symbol: 'TESTUSDT' } as const
      const fill = { n: 1, order: 'out', symbol: 'TESTUSDT', qty: 3, position: 0, time: 3 } as Fill
      const events = [
        { type: 'accepted', at: 1, order: { ...own, qty: 5, role: 'order' } as OrderView },
        { type: 'cut', at: 3, ...own, reason: 'REDUCE_ONLY', from: 5, to: 3 },
        { type: 'fill', at: 3, fill },
        { type: 'rejected', at: 9, ...own, reason: 'LOT_SIZE', filter: 'LOT_SIZE', value: '0', limit: '1', tag: null },
      ] as RunEvent[]
      const run = { document: { run: 'made', openTrades: [] as unknown }, trades: [], fills: [fill], events }
      const ask = (order: string) => subjectOf(run as unknown as Parameters<typeof subjectOf>[0], { order })
      expect(() => ask('out')).toThrow(/2 orders had the id "out"/)
      expect(ask('out#2').points[0]).toMatchObject({ startIndex: 3, execution: null })
    })

    test('that opened what is still open', async () => {
      const { explanation } = await told({ order: 'last' })
      expect(explanation.steps[0]!.filled!.fill).toMatchObject({ price: 100.02, position: 1 })
    })
  })

  test.each<[string, Asked, RegExp]>([
    ['no such trade', { trade: 9 }, /there is no trade 9; its 2 closed trades are 1 to 2/],
    [
      'a trade that is still open',
      { trade: 3 },
      /trade 3 .* is still open .* --order last, or close it with --close-at-end/,
    ],
    ['no such order', { order: 'o99' }, /there is no order "o99"/],
  ])('%s is one paragraph that says what to do', async (_, asked, says) => {
    const error = (await told(asked).catch((thrown: unknown) => thrown)) as Error
    expect([error.name, error.message]).toEqual(['UsageError', expect.stringMatching(says)])
    expect(error.message).not.toContain('\n')
  })

  test('a run without trades, and one whose strategy no file holds, say so', async () => {
    const { store, strategy } = made
    const out = join(made.dir, 'others')
    const none = await runBacktest({ strategy, store, data: SERIES, out, to: START + 4 * HOUR })
    await expect(explain(none.dir, { trade: 1 }, store, made.dir)).rejects.toThrow(
      /no trade was closed.* 1 passed and 0 were refused; .*--order ID explains one/,
    )
    const inline = defineStrategy({
      name: 'inline',
      onBar: ({ position }) => (position.qty === 0 ? buy({ qty: 1 }) : undefined),
    })
    const handed = await runBacktest({ strategy: inline, store, data: SERIES, out })
    await expect(explain(handed.dir, { trade: 1 }, store, made.dir)).rejects.toThrow(
      /handed over by a script.*save the strategy as a module/,
    )
  })

  describe('does not trust the folder', () => {
    /** A copy of the run's folder with one file told otherwise. */
    function lied(file: string, from: string, to: string): string {
      const copy = join(scratch(), 'run')
      cpSync(dir, copy, { recursive: true })
      const path = join(copy, file)
      const text = readFileSync(path, 'utf8')
      expect(text).toContain(from)
      writeFileSync(path, text.replace(from, to))
      return copy
    }
    const whats = async (copy: string, asked: Asked) => {
      const { explanation, chart } = await explain(copy, asked, made.store, made.dir)
      if (explanation.mismatches.length > 0) expect([explanation.steps, chart]).toEqual([[], null])
      return explanation.mismatches
    }

    test('where trades.csv is not what the run gives, it says which trade, and of no other', async () => {
      const copy = lied('trades.csv', ',99,', ',98,')
      expect(await whats(copy, { trade: 2 })).toEqual([{ what: 'trades.csv, entryPrice', recorded: 98, replayed: 99 }])
      expect(await whats(copy, { trade: 1 })).toEqual([])
    })

    test('where events.jsonl tells another decision', async () => {
      const at = START + 12 * HOUR
      const copy = lied('events.jsonl', `{"type":"accepted","at":${at}`, `{"type":"accepted","at":${at - HOUR}`)
      const found = await whats(copy, { trade: 2 })
      expect(found).toContainEqual({ what: 'events.jsonl, entry: decided', recorded: at - HOUR, replayed: at })
    })

    test('where fills.csv was changed, and run.json with it', async () => {
      const copy = lied('fills.csv', ',100.02,', ',100.03,')
      await expect(explain(copy, { trade: 1 }, made.store, made.dir)).rejects.toThrow(
        /fills\.csv: is not what the run wrote/,
      )
      const hash = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex')
      const document = readFileSync(join(copy, 'run.json'), 'utf8')
      const changed = document.replace(hash(join(dir, 'fills.csv')), hash(join(copy, 'fills.csv')))
      writeFileSync(join(copy, 'run.json'), changed)
      expect(await whats(copy, { trade: 1 })).toEqual([
        { what: 'fills.csv, fill 1: price', recorded: 100.03, replayed: 100.02 },
      ])
    })

    test('where the strategy was changed and the trade came out the same, it says so and goes on', async () => {
      writeFileSync(made.strategy, `${STRATEGY}// a word more\n`)
      const { explanation } = await told({ trade: 1 })
      writeFileSync(made.strategy, STRATEGY)
      expect(explanation.mismatches).toEqual([])
      expect(explanation.changed).toEqual(['the strategy, a file it imports, or the lockfile was changed'])
      expect(explanation.steps.length).toBe(2)
    })
  })
})
