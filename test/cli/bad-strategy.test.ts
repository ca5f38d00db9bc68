import { beforeAll, describe, test } from 'vitest'
import { klinelabAll } from './klinelab.ts'
import { askBadly, type Bad } from './refusal.ts'

const BTC = ['--data', 'binance:BTCUSDT:1h', '--from', '2024-01-01', '--to', '2024-03-01']

const strategy = (body: string, more = '') => `import { buy, defineStrategy, int, sma } from 'klinelab'
export default defineStrategy({
  name: 'bad',
  params: { fast: int(10, { min: 2, max: 50 }) },
  indicators: (p) => ({ fast: sma(p.fast) }),${more}
  onBar({ bar, ind, position }) {
    ${body}
  },
})
`

const running = (file: string, ...more: string[]) => ['backtest', file, ...BTC, ...more]

const STRATEGIES: readonly Bad[] = [
  {
    name: 'a strategy that is not there',
    args: running('STRATEGIES/sma-cros.ts'),
    code: 2,
    says: ['sma-cros.ts', 'did you mean "sma-cross.ts"'],
  },
  {
    name: 'a folder with a strategy in it',
    files: { 's.ts': '', 'notes.md': '', 'a.d.ts': '' },
    args: running('.'),
    code: 2,
    says: ['strategy .: is a folder; name a file in it, such as s.ts'],
  },
  {
    name: 'a folder with nothing in it',
    args: running('out'),
    code: 2,
    says: ['strategy out: is a folder; name a file of TypeScript, there is none in it'],
  },
  {
    name: 'a syntax error',
    files: { 's.ts': "import { buy } from 'klinelab'\nexport default {\n  name: 'x',,\n}\n" },
    args: running('s.ts'),
    code: 2,
    says: ['s.ts', /line 3|:3/, /SyntaxError|Expression expected|Unexpected|expected/i],
  },
  {
    name: 'a name that klinelab has not',
    files: { 's.ts': "import { buy, tripleBarier } from 'klinelab'\n" },
    args: running('s.ts'),
    code: 2,
    says: ['s.ts', 'line 1', 'klinelab has nothing that is called "tripleBarier" (did you mean "tripleBarrier"?)'],
  },
  {
    name: 'no default export',
    files: { 's.ts': "export const name = 'x'\n" },
    args: running('s.ts'),
    code: 2,
    says: ['s.ts', 'default export', 'defineStrategy'],
  },
  {
    name: 'a default export that is no strategy',
    files: { 's.ts': 'export default { name: 1 }\n' },
    args: running('s.ts'),
    code: 2,
    says: ['s.ts', 'defineStrategy'],
  },
  {
    name: 'a throw inside onBar',
    files: { 's.ts': strategy("throw new Error('boom')") },
    args: running('s.ts'),
    code: 1,
    says: ['boom', 's.ts:7', '2024-01-01', 'close'],
  },
  {
    name: 'a throw in a file whose name a URL spells with percents',
    files: { 'mäx (2)/a b%.ts': strategy("throw new Error('boom')") },
    args: running('mäx (2)/a b%.ts'),
    code: 1,
    says: ['boom', 'HERE/mäx (2)/a b%.ts:7:'],
  },
  {
    name: 'a module of such a name that cannot be loaded',
    files: { 'mäx.ts': "\nthrow new Error('no')\n" },
    args: running('mäx.ts'),
    code: 2,
    says: ['mäx.ts', 'line 2'],
  },
  {
    name: 'nonsense returned',
    files: { 's.ts': strategy('return 42 as never') },
    args: running('s.ts'),
    code: 1,
    says: ['42', 'no request', 'buy({…})', /2024-01-01/],
  },
  {
    name: 'an undeclared indicator',
    files: { 's.ts': strategy('if ((ind as never as { fats: number }).fats > 1) return') },
    args: running('s.ts'),
    code: 1,
    says: ['fats', 'fast', 's.ts:7'],
  },
  {
    name: 'an order for a symbol not in the data',
    files: { 's.ts': strategy("return buy({ qty: 1, symbol: 'ETHUSDT' })") },
    args: running('s.ts'),
    code: 1,
    says: ['ETHUSDT', 'BTCUSDT'],
  },
  {
    name: 'a NaN size',
    files: { 's.ts': strategy('return buy({ qty: Number.NaN })') },
    args: running('s.ts'),
    code: 1,
    says: ['qty', 'NaN', 'above 0'],
  },
  {
    name: 'two sizes',
    files: { 's.ts': strategy('return buy({ qty: 1, quote: 5 })') },
    args: running('s.ts'),
    code: 1,
    says: ['qty', 'quote', 'exactly one'],
  },
  {
    name: 'a side that is none, which would be sold',
    files: { 's.ts': strategy("return { kind: 'order', side: 'long', qty: 1 } as never") },
    args: running('s.ts'),
    code: 1,
    says: ['order: side "long"', 'buy or sell'],
  },
  {
    name: 'a buy that is told to sell',
    files: { 's.ts': strategy("return buy({ side: 'sell', qty: 1 } as never)") },
    args: running('s.ts'),
    code: 1,
    says: ['buy({ side: "sell" })', 'leave it out', /, at \S*s\.ts:\d+:\d+\./],
  },
  ...(
    [
      ['an indicator that was not called', '{ fast: sma as never }', 'fast is a function: write sma(…)'],
      [
        'a number for an indicator',
        '{ fast: 5 as never }',
        'fast is 5, which is no indicator: write one such as sma(20)',
      ],
      ['nothing for an indicator', '{ fast: undefined as never }', 'fast is undefined, which is no indicator'],
      ['an indicator without a name', 'sma(3) as never', 'one, without a name: write an object'],
      ['null for indicators', 'null as never', 'what they return is null: write an object'],
      ['a source that is none', "{ fast: sma(3, 'clos' as never) }", 'source "clos" (did you mean "close"?)'],
      ['a source that was not called', '{ fast: sma(3, sma as never) }', 'sma: its source is a function: write sma(…)'],
      [
        'a source of several values',
        '{ fast: sma(3, macd(3, 6, 2) as never) }',
        'name one of them, such as macd(…).macd',
      ],
    ] as const
  ).map(([name, given, words]) => ({
    name,
    files: { 's.ts': strategy('return').replace('{ fast: sma(p.fast) }', given).replace('sma }', 'macd, sma }') },
    args: running('s.ts'),
    code: 2 as const,
    says: ['s.ts: its indicators with fast=10: ', words],
  })),
  {
    name: 'a misspelt order key',
    files: { 's.ts': strategy('return buy({ qty: 1, stoploss: 5 } as never)') },
    args: running('s.ts'),
    code: 1,
    says: ['stoploss', 'did you mean "stopLoss"'],
  },
  {
    name: 'a misspelt key of the module',
    files: { 's.ts': strategy('return', '\n  onbar: () => undefined,') },
    args: running('s.ts'),
    code: 2,
    says: ['onbar', 'onBar'],
  },
  {
    name: 'a bad period',
    files: { 's.ts': strategy('return').replace('sma(p.fast)', 'sma(0)') },
    args: running('s.ts'),
    code: 2,
    says: ['HERE/s.ts', 'fast=10', 'sma period 0: write a whole number'],
  },
  {
    name: 'a bad period that a parameter gave, on a higher interval, with a warm-up of its own',
    files: {
      's.ts': strategy(
        'return',
        "\n  also: { d: { interval: '1d', indicators: (p) => ({ slow: sma(p.fast - 2) }) } },",
      ),
    },
    args: running('s.ts', '--set', 'fast=2', '--warmup', '10'),
    code: 2,
    says: ['HERE/s.ts', 'fast=2', 'sma period 0: write a whole number'],
  },
  {
    name: 'a throw inside indicators',
    files: { 's.ts': strategy('return').replace('sma(p.fast)', '(p as never as { a: { b: never } }).a.b') },
    args: running('s.ts'),
    code: 2,
    says: ['HERE/s.ts', 'its indicators with fast=10: TypeError', 'undefined', /, at \S*s\.ts:\d+:\d+$/m],
  },
]

/** Loaded as a user's are, each from a folder of its own. */
describe('bad strategies', () => {
  const badly = STRATEGIES.map(askBadly)
  let done: ReturnType<typeof klinelabAll>
  beforeAll(() => {
    done = klinelabAll(badly.map(({ asked }) => asked))
  })

  test.each(STRATEGIES.map(({ name }, k) => ({ name, k })))('$name', ({ k }) => badly[k]!.expectSaid(done[k]!))
})
