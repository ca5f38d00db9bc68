import { join } from 'node:path'
import { expect, test } from 'vitest'
import { klinelab, ROOT, scratch } from './klinelab.ts'

const RANGE = ['--data', 'binance:BTCUSDT:1h', '--from', '2024-01-01', '--to', '2024-01-03']

test('what a strategy logs goes to stderr under --json: stdout is one document', () => {
  const dir = scratch({
    'loud.ts': `import { defineStrategy } from 'klinelab'
export default defineStrategy({ name: 'loud', onBar({ bar }) { console.log('closed at', bar.close) } })
`,
  })
  const done = klinelab(['backtest', 'loud.ts', ...RANGE, '--json'], { cwd: dir })
  expect(done.code, done.stderr).toBe(0)
  expect(done.json()).toMatchObject({ strategy: 'loud' })
  expect(done.stderr).toMatch(/^closed at \d/)
})

test('a config that imports klinelab works in any folder, as a strategy does', () => {
  const dir = scratch({
    'klinelab.config.ts': `import { defineConfig } from 'klinelab'\nexport default defineConfig({ cash: 777 })\n`,
  })
  const done = klinelab(['backtest', join(ROOT, 'strategies/buy-and-hold.ts'), ...RANGE, '--json'], { cwd: dir })
  expect(done.code, done.stderr).toBe(0)
  expect(done.json()).toMatchObject({ metrics: { startEquity: 777 } })
})

test('a folder for runs that is a file is named', () => {
  const dir = scratch({ file: 'text' })
  const done = klinelab(['backtest', join(ROOT, 'strategies/buy-and-hold.ts'), ...RANGE, '--out', 'file'], { cwd: dir })
  expect(done.code).toBe(1)
  expect(done.stderr).toMatch(/file: is a file, or lies in one; runs need a folder.*--out/)
})
