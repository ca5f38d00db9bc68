import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { hourlyCsv, klinelab, scratch } from './klinelab.ts'

const BTC = ['--data', 'binance:BTCUSDT:1h', '--from', '2024-01-01', '--to', '2024-03-01']
const GOOD = hourlyCsv(Array.from({ length: 48 }, () => [100, 101, 99, 100.5] as const))

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

interface Bad {
  readonly name: string
  readonly files?: Readonly<Record<string, string | Uint8Array>>
  /** STORE and OUT are replaced by fresh folders. */
  readonly args: readonly string[]
  readonly code: 1 | 2
  /** Everything the one paragraph has to name. */
  readonly says: readonly (string | RegExp)[]
}

const importing = (file: string, as = 'binance:TESTUSDT:1h') => ['data', 'import', file, '--as', as]
const running = (file: string, ...more: string[]) => ['backtest', file, ...BTC, ...more]

const TABLE: readonly Bad[] = [
  // files
  {
    name: 'a truncated zip',
    files: { 'TESTUSDT-1h-2024-01.zip': Uint8Array.from([0x50, 0x4b, 3, 4, 20, 0, 0, 0, 8, 0, 1, 2, 3]) },
    args: importing('TESTUSDT-1h-2024-01.zip'),
    code: 1,
    says: ['TESTUSDT-1h-2024-01.zip', /truncated/, /fetch it again/],
  },
  {
    name: 'a truncated gzip',
    files: { 'a.csv.gz': gzipSync(GOOD).subarray(0, 60) },
    args: importing('a.csv.gz'),
    code: 1,
    says: ['a.csv.gz', /gzip/, /fetch it again/],
  },
  {
    name: 'a CSV with a torn last line',
    files: { 'a.csv': GOOD.slice(0, -9) },
    args: importing('a.csv'),
    code: 1,
    says: ['a.csv', /49/, /close|volume|fields|columns/],
  },
  {
    name: 'a price that is no number',
    files: { 'a.csv': GOOD.replace('101,99,100.5,10\n', '101,99,abc,10\n') },
    args: importing('a.csv'),
    code: 1,
    says: ['a.csv', /\b2\b/, 'close', '"abc"'],
  },
  {
    name: 'a high below the low',
    files: {
      'a.csv': hourlyCsv([
        [100, 101, 99, 100],
        [100, 98, 99, 100],
      ]),
    },
    args: importing('a.csv'),
    code: 1,
    says: ['a.csv', /\b3\b/, 'high', '98'],
  },
  {
    name: 'a text renamed .parquet',
    files: { 'a.parquet': GOOD },
    args: importing('a.parquet'),
    code: 1,
    says: ['a.parquet', 'PAR1', '"open"'],
  },
  { name: 'an empty file', files: { 'a.csv': '' }, args: importing('a.csv'), code: 1, says: ['a.csv', /empty/] },
  {
    name: 'a file that is not there',
    args: importing('nowhere.zip'),
    code: 2,
    says: ['"nowhere.zip"', /does not exist/],
  },
  {
    name: 'the wrong symbol',
    files: { 'ETHUSDT-1h-2024-01.csv': GOOD },
    args: importing('ETHUSDT-1h-2024-01.csv', 'binance:BTCUSDT:1h'),
    code: 1,
    says: ['ETHUSDT', 'BTCUSDT', '--as'],
  },
  {
    name: 'the wrong interval',
    files: { 'a.csv': GOOD },
    args: importing('a.csv', 'binance:TESTUSDT:4h'),
    code: 1,
    says: ['a.csv', /4h/],
  },
  {
    name: 'an unknown interval',
    files: { 'a.csv': GOOD },
    args: importing('a.csv', 'binance:TESTUSDT:7h'),
    code: 2,
    says: ['"7h"', '1h'],
  },
  {
    name: 'an unknown venue',
    files: { 'a.csv': GOOD },
    args: importing('a.csv', 'binanc:TESTUSDT:1h'),
    code: 2,
    says: ['"binanc"', 'did you mean "binance"'],
  },
  // data asked for
  {
    name: 'a series that is not stored',
    args: ['backtest', 'STRATEGIES/sma-cross.ts', '--data', 'binance:BTCUSD:1h'],
    code: 2,
    says: ['binance:BTCUSD:1h', 'did you mean "binance:BTCUSDT:1h"', 'data import'],
  },
  {
    name: 'an empty range',
    args: ['backtest', 'STRATEGIES/sma-cross.ts', '--data', 'binance:BTCUSDT:1h', '--from', '2030-01-01'],
    code: 2,
    says: ['2030-01-01', '2026-04-30', 'binance:BTCUSDT:1h'],
  },
  {
    name: 'a range that ends before it begins',
    args: [
      'backtest',
      'STRATEGIES/sma-cross.ts',
      '--data',
      'binance:BTCUSDT:1h',
      '--from',
      '2024-03-01',
      '--to',
      '2024-01-01',
    ],
    code: 2,
    says: ['2024-03-01', '2024-01-01'],
  },
  {
    name: 'a date that is none',
    args: ['backtest', 'STRATEGIES/sma-cross.ts', '--data', 'binance:BTCUSDT:1h', '--from', '2023-02-30'],
    code: 2,
    says: ['--from', '"2023-02-30"', '2023-01-01'],
  },
  {
    name: 'the same series twice',
    args: ['backtest', 'STRATEGIES/sma-cross.ts', '--data', 'binance:BTCUSDT:1h', 'binance:BTCUSDT:1h'],
    code: 2,
    says: ['BTCUSDT', /twice|more than once/],
  },
  // strategies
  {
    name: 'a strategy that is not there',
    args: running('STRATEGIES/sma-cros.ts'),
    code: 2,
    says: ['sma-cros.ts', 'did you mean "sma-cross.ts"'],
  },
  {
    name: 'a syntax error',
    files: { 's.ts': "import { buy } from 'klinelab'\nexport default {\n  name: 'x',,\n}\n" },
    args: running('s.ts'),
    code: 2,
    says: ['s.ts', /line 3|:3/, /SyntaxError|Expression expected|Unexpected|expected/i],
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
    says: ['sma', '0'],
  },
  // flags
  {
    name: '--set out of range',
    args: running('STRATEGIES/sma-cross.ts', '--set', 'fast=1'),
    code: 2,
    says: ['fast', '1', '2 to 500'],
  },
  {
    name: '--set of an unknown parameter',
    args: running('STRATEGIES/sma-cross.ts', '--set', 'fats=10'),
    code: 2,
    says: ['"fats"', 'did you mean "fast"'],
  },
  {
    name: '--set without a value',
    args: running('STRATEGIES/sma-cross.ts', '--set', 'fast'),
    code: 2,
    says: ['--set', '"fast"', 'name=value'],
  },
  {
    name: '--set of a fraction for a whole number',
    args: running('STRATEGIES/sma-cross.ts', '--set', 'fast=2.5'),
    code: 2,
    says: ['fast', '2.5', 'whole'],
  },
  {
    name: 'an unknown flag',
    args: running('STRATEGIES/sma-cross.ts', '--cahs', '5'),
    code: 2,
    says: ['--cahs', 'did you mean "cash"'],
  },
  {
    name: 'a flag given twice',
    args: running('STRATEGIES/sma-cross.ts', '--cash', '5', '--cash', '6'),
    code: 2,
    says: ['--cash', 'twice'],
  },
  {
    name: 'negative cash',
    args: running('STRATEGIES/sma-cross.ts', '--cash', '-100'),
    code: 2,
    says: ['--cash', '"-100"', 'above 0'],
  },
  {
    name: 'cash that is no number',
    args: running('STRATEGIES/sma-cross.ts', '--cash', 'lots'),
    code: 2,
    says: ['--cash', '"lots"'],
  },
  {
    name: 'cash beyond exact arithmetic',
    args: running('STRATEGIES/sma-cross.ts', '--cash', '1e300'),
    code: 2,
    says: ['1e+300'],
  },
  {
    name: 'a fee in percent',
    args: running('STRATEGIES/sma-cross.ts', '--fee-taker', '1.5'),
    code: 2,
    says: ['--fee-taker', '"1.5"', 'below 1'],
  },
  { name: 'an unknown command', args: ['bactkest'], code: 2, says: ['"bactkest"', 'did you mean "backtest"'] },
  {
    name: 'an unknown subcommand',
    args: ['data', 'imprt'],
    code: 2,
    says: ['"data imprt"', 'did you mean "data import"'],
  },
  { name: 'a missing word', args: ['data', 'check'], code: 2, says: ['<series>', 'missing'] },
  { name: 'a missing flag', args: ['backtest', 'STRATEGIES/sma-cross.ts'], code: 2, says: ['--data', 'missing'] },
  { name: 'a word too many', args: ['doctor', 'now'], code: 2, says: ['"now"'] },
  { name: 'an unknown run', args: ['runs', 'show', 'nothing'], code: 2, says: ['"nothing"', 'OUT'] },
  // config
  {
    name: 'an unknown config key',
    files: { 'klinelab.config.ts': 'export default { csah: 5 }\n' },
    args: running('STRATEGIES/sma-cross.ts'),
    code: 2,
    says: ['klinelab.config.ts', '"csah"', 'did you mean "cash"'],
  },
  {
    name: 'a config value out of range',
    files: { 'klinelab.config.ts': 'export default { cash: -5 }\n' },
    args: running('STRATEGIES/sma-cross.ts'),
    code: 2,
    says: ['klinelab.config.ts', 'cash', '-5'],
  },
  {
    name: 'a config that does not load',
    files: { 'klinelab.config.ts': 'export default {' },
    args: running('STRATEGIES/sma-cross.ts'),
    code: 2,
    says: ['klinelab.config.ts'],
  },
  // exports
  {
    name: 'an export format nobody knows',
    args: ['data', 'export', 'binance:BTCUSDT:1m', '--out', 'x.xlsx'],
    code: 1,
    says: ['x.xlsx', '.parquet'],
  },
  {
    name: 'resampling to a finer interval',
    args: ['data', 'resample', 'binance:BTCUSDT:1h', '--to', '1m'],
    code: 2,
    says: ['1m', '1h'],
  },
]

describe('bad input: one paragraph that names the place, the value and the way out; nothing half-written', () => {
  test.each(TABLE)('$name', ({ files = {}, args, code, says }) => {
    const cwd = scratch(files)
    const [store, out] = [join(cwd, 'store'), join(cwd, 'out')]
    mkdirSync(store)
    mkdirSync(out)
    const strategies = join(import.meta.dirname, '..', '..', 'strategies')
    const words = args.map((word) => word.replace('STRATEGIES', strategies))
    const done = klinelab(words, { cwd, env: { KLINELAB_STORE: store, KLINELAB_REPORTS: out } })
    expect({ code: done.code, stderr: done.stderr }).toEqual({ code, stderr: expect.stringMatching(/./) })
    for (const one of says)
      typeof one === 'string'
        ? expect(done.stderr).toContain(one.replace('OUT', out))
        : expect(done.stderr).toMatch(one)
    expect(done.stdout).toBe('')
    expect(done.stderr, 'a stack is no explanation').not.toMatch(/\n\s+at /)
    expect(done.stderr.trim().split('\n').length, 'one paragraph').toBeLessThanOrEqual(6)
    expect(readdirSync(store).filter((name) => name !== '.lock')).toEqual([])
    expect(readdirSync(out)).toEqual([])
  })
})

describe('a disk that is full or read-only', () => {
  const mount = (options: string, folder: string) =>
    spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]).status === 0
  const unmount = (folder: string) => spawnSync('umount', [folder])

  test('an import onto a full disk says so and leaves the old store as it was', (context) => {
    const cwd = scratch({
      'a.csv': GOOD,
      'b.csv': hourlyCsv(
        Array.from(
          { length: 20_000 },
          (_, k) => [(10_000 + ((k * 7919) % 9973)) / 100, 400, 50, (10_000 + ((k * 104729) % 9967)) / 100] as const,
        ),
      ),
    })
    const store = join(cwd, 'store')
    mkdirSync(store)
    if (!mount('size=128k', store)) return context.skip('mounting a small tmpfs needs root')
    try {
      expect(klinelab(['data', 'import', 'a.csv', '--as', 'binance:TESTUSDT:1h', '--store', store], { cwd }).code).toBe(
        0,
      )
      const before = klinelab(['data', 'check', 'binance:TESTUSDT:1h', '--store', store, '--json'], { cwd }).json()
      const done = klinelab(['data', 'import', 'b.csv', '--as', 'binance:TESTUSDT:1h', '--store', store], { cwd })
      expect(done.code).toBe(1)
      expect(done.stderr).toMatch(/disk is full/)
      expect(done.stderr).toContain(store)
      expect(klinelab(['data', 'check', 'binance:TESTUSDT:1h', '--store', store, '--json'], { cwd }).json()).toEqual(
        before,
      )
    } finally {
      unmount(store)
    }
  })

  test('a run onto a full disk leaves no folder behind', (context) => {
    const cwd = scratch()
    const out = join(cwd, 'out')
    mkdirSync(out)
    if (!mount('size=512k', out)) return context.skip('mounting a small tmpfs needs root')
    try {
      const done = klinelab(
        ['backtest', join(import.meta.dirname, '..', '..', 'strategies', 'sma-cross.ts'), ...BTC, '--out', out],
        { cwd },
      )
      expect(done.code).toBe(1)
      expect(done.stderr).toMatch(/disk is full/)
      expect(readdirSync(out)).toEqual([])
    } finally {
      unmount(out)
    }
  })

  test('a store that cannot be written says so', (context) => {
    const cwd = scratch({ 'a.csv': GOOD })
    const store = join(cwd, 'store')
    mkdirSync(store)
    if (!mount('size=64k,ro', store)) return context.skip('mounting a read-only tmpfs needs root')
    try {
      const done = klinelab(['data', 'import', 'a.csv', '--as', 'binance:TESTUSDT:1h', '--store', store], { cwd })
      expect(done.code).toBe(1)
      expect(done.stderr).toMatch(/cannot be written/)
      expect(done.stderr).toContain(store)
      expect(existsSync(join(store, 'binance'))).toBe(false)
    } finally {
      unmount(store)
    }
  })
})
