import { expect, test } from 'vitest'
import type { RunDocument } from '../../src/core/run.ts'
import { scratch } from '../cli/klinelab.ts'
import { klinelabHere } from '../cli/klinelab-here.ts'

test('a run asked for from before its data begins with them, says so, and is the run of its own time', async () => {
  const out = scratch()
  const run = (...range: string[]) =>
    klinelabHere([
      ...['backtest', 'strategies/sma-cross.ts', '--data', 'binance:BTCUSDT:1h', '--to', '2022-03-01'],
      ...[...range, '--out', out, '--json'],
    ])
  const early = await run('--from', '2021-01-01')
  expect(early.code).toBe(0)
  expect(early.stderr).toBe(
    'warning: the data begin at 2022-01-01, later than the 2021-01-01 asked for; so does the run\n',
  )
  expect(early.json<RunDocument>().metrics['duration']).toBe(59 * 86_400_000)
  // into the same folder, or it would fail as not deterministic
  const whole = await run()
  expect(whole).toMatchObject({ code: 0, stderr: '' })
  expect(whole.json<RunDocument>().run).toBe(early.json<RunDocument>().run)
})

test('an end that is not after the beginning is refused', async () => {
  const done = await klinelabHere([
    ...['backtest', 'strategies/sma-cross.ts', '--data', 'binance:BTCUSDT:1h'],
    ...['--from', '2024-01-01', '--to', '2023-01-01'],
  ])
  expect(done).toMatchObject({ code: 2 })
  expect(done.stderr).toMatch(/--from 2024-01-01 is not before --to 2023-01-01/)
})
