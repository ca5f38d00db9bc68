import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { RUN_SCHEMA, runJsonSchema } from '../../src/report/run-schema.ts'
import { ROOT, scratch } from '../cli/klinelab.ts'
import { klinelabHere } from '../cli/klinelab-here.ts'

const out = scratch()
let document: Record<string, unknown>

beforeAll(async () => {
  const run = await klinelabHere([
    ...['backtest', 'strategies/donchian-breakout.ts', '--data', 'binance:BTCUSDT:1h', 'binance:ETHUSDT:1h'],
    ...['--from', '2024-01-01', '--to', '2024-06-01', '--out', out, '--json'],
  ])
  expect(run.code, run.stderr).toBe(0)
  document = JSON.parse(readFileSync(join(run.json<{ dir: string }>().dir, 'run.json'), 'utf8'))
})

describe('the schema of run.json', () => {
  test('a run fits it', () => {
    expect(RUN_SCHEMA.safeParse(document).error?.issues ?? []).toEqual([])
  })

  test('a key that is missing, misspelt, or of another kind does not fit', () => {
    const { cash, ...without } = document
    for (const wrong of [without, { ...without, csh: cash }, { ...document, cash: '10000' }, { ...document, more: 1 }])
      expect(RUN_SCHEMA.safeParse(wrong).success).toBe(false)
    const metrics = { ...(document['metrics'] as object), sharpe: Number.NaN }
    expect(RUN_SCHEMA.safeParse({ ...document, metrics }).success).toBe(false)
  })

  test('the published JSON Schema is that of the code; `npm run docs` writes it', () => {
    const published = JSON.parse(readFileSync(join(ROOT, 'src', 'report', 'run.schema.json'), 'utf8'))
    expect(published).toEqual(JSON.parse(JSON.stringify(runJsonSchema())))
    expect(Object.keys(published.properties)).toEqual(Object.keys(document))
  })
})
