import { describe, expect, test } from 'vitest'
import type { Check } from '../../src/runs/check.ts'
import { klinelab, scratch } from './klinelab.ts'
import { klinelabHere } from './klinelab-here.ts'

const RANGE = ['--from', '2024-01-01', '--to', '2024-03-01', '--samples', '4']
const BTC = ['--data', 'binance:BTCUSDT:1h', ...RANGE]

const strategy = (head: string, decides: string) => `import { buy, close, defineStrategy, loadBars } from 'klinelab'
${head}
export default defineStrategy({
  name: 'own',
  onBar({ bar, position }) {
    ${decides}
  },
})
`

describe('klinelab check', () => {
  test('what does not peek ends with 0 and a table of what was compared', async () => {
    const { code, stdout } = await klinelabHere(['check', 'strategies/sma-cross.ts', ...BTC])
    expect(code).toBe(0)
    expect(stdout).toMatch(/indicators +sma-cross, binance:BTCUSDT:1h +13 +holds/)
    expect(stdout).toMatch(/decisions +sma-cross +13 +holds/)
    expect(stdout).toContain('Nothing peeks')
  })

  test('what peeks ends with 1 and is named, down to the file from which it is imported', () => {
    // in a process of its own: the runner of these tests keeps modules of the checkout as they were read first
    const { code, stdout } = klinelab(['check', 'test/leaks/tuned-on-everything.ts', ...BTC])
    expect(code).toBe(1)
    expect(stdout).toMatch(/decisions +tuned-on-everything +13 +PEEKS/)
    expect(stdout).toMatch(
      /- strategy tuned-on-everything: at 2024-.* it decides nothing, and with all bars after .* cut off \[{"kind":"close"}\]/,
    )
    expect(stdout).toContain('it loads binance:BTCUSDT:1h at test/leaks/tuned-level.ts:4')
  })

  test('--json says the same', () => {
    // as a user runs it
    const { code, json } = klinelab(['check', 'test/leaks/next-return.ts', ...RANGE, '--seed', '5', '--json'])
    expect(code).toBe(1)
    const { ok, seed, samples, leaks, parts } = json<Check>() as unknown as Check
    expect([ok, seed, samples]).toEqual([false, 5, 4])
    expect(leaks.map(({ part, name }) => [part, name])).toEqual([['features', 'next']])
    expect(parts[0]).toMatchObject({ part: 'features', of: 'ideal, binance:BTCUSDT:1h', verdict: 'peeks' })
  })

  test('files that a module reads by itself are told of, as nobody can take the future out of them', async () => {
    const cwd = scratch({
      'reads.ts': strategy(
        "import { existsSync } from 'node:fs'\nconst is = existsSync('levels.csv')",
        'if (is || bar.close < 0) return buy({ qty: 1 })',
      ),
    })
    const { code, stdout } = await klinelabHere(['check', 'reads.ts', ...BTC], { cwd })
    expect(code).toBe(0)
    expect(stdout).toMatch(/Not checked:\n +- reads\.ts uses node:fs: /)
    expect(stdout).toMatch(/decisions +own +13 +holds: it decides nothing in this stretch/)
  })

  test('a module that needs bars which were not there yet is caught where it fails', async () => {
    const cwd = scratch({
      'late.ts': strategy(
        "const { close: later } = await loadBars('binance:BTCUSDT:1h', { from: '2024-02-20' })",
        'if (position.qty === 0 && bar.close < later[0]!) return buy({ fraction: 0.5 })',
      ),
    })
    const { code, stdout } = await klinelabHere(['check', 'late.ts', ...BTC], { cwd })
    expect(code).toBe(1)
    expect(stdout).toMatch(
      /- module of .*late\.ts: made in the whole run, and with all bars after .* cut off it fails: .*no bars/,
    )
  })

  test.each([
    [['strategies/sma-cross.ts'], /needs data/],
    [['strategies/sma-cross.ts', ...BTC.slice(0, 2), '--samples', '0'], /--samples.*at least 1/],
    [['strategies/sma-cross.ts', ...BTC, '--set', 'fast=1'], /fast is 1/],
  ])('a wrong command ends with 2: %j', async (args, says) => {
    const { code, stderr } = await klinelabHere(['check', ...args])
    expect(code).toBe(2)
    expect(stderr).toMatch(says)
  })
})
