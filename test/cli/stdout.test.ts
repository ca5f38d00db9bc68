import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { klinelab, ROOT, scratch } from './klinelab.ts'
import { modelModule } from './model-modules.ts'

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

describe('what is logged on the threads of a search', () => {
  const dir = scratch({
    'loud.ts': `import { defineStrategy, int, sma } from 'klinelab'
import { isMainThread } from 'node:worker_threads'
const logged = () => {
  console.log('a thread logs')
  console.table(['a table'])
  console.dir({ shown: 1 })
}
export default defineStrategy({
  name: 'loud', params: { n: int(2) }, indicators: (p) => ({ n: sma(p.n) }),
  onBar({ bar }) { if (!isMainThread && bar.openTime === Date.UTC(2024, 0, 2)) logged() },
})
`,
    'model.ts': modelModule(
      {},
      "if (!isMainThread) console.log('a thread logs'); import { isMainThread } from 'node:worker_threads'",
    ),
  })
  const searches = [
    ['sweep', 'loud.ts', ...RANGE, '--set', 'n=2,3'],
    ['walk-forward', 'loud.ts', ...RANGE, '--set', 'n=2,3', '--train', '1d', '--test', '12h'],
    ['sweep', 'model.ts', '--model', 'up', '--from', '2024-01-01', '--to', '2024-02-15', '--set', 'model.C=0.1,1'],
  ] as const

  test.each(searches)('of %s %s goes to stderr under --json', (...args) => {
    const done = klinelab([...args, '--out', 'out', '--json'], { cwd: dir })
    expect(done.code, done.stderr).toBe(0)
    expect(done.json()).toHaveProperty('run')
    expect(done.stderr).toContain('a thread logs')
    if (args[1] === 'loud.ts') expect(done.stderr).toMatch(/a table[\s\S]*shown/)
  })

  test('goes to stdout without it', () => {
    const done = klinelab([...searches[0], '--out', 'out'], { cwd: dir })
    expect(done).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('a thread logs') })
  })
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
