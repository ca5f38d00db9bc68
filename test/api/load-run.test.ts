import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { type BacktestRun, DataError, loadRun, runBacktest, UsageError } from '../../src/index.ts'
import { equityTable, fillsTable, tradesTable } from '../../src/tables/tables.ts'
import { ROOT, scratch } from '../cli/klinelab.ts'

let run: BacktestRun & { readonly dir: string }

beforeAll(async () => {
  const strategy = join(ROOT, 'strategies', 'rsi-reversion.ts')
  const data = ['binance:BTCUSDT:1h', 'binance:ETHUSDT:1h']
  const made = await runBacktest({ strategy, data, from: '2024-01-01', to: '2024-04-01', out: scratch() })
  run = made as typeof run
})

describe('loadRun', () => {
  test('gives back what the run returned', async () => {
    const back = await loadRun(run.dir)
    expect(run.trades.length).toBeGreaterThan(5)
    expect(back.document).toEqual(run.document)
    expect(back.trades).toEqual(run.trades)
    expect(back.fills).toEqual(run.fills)
    expect(back.events).toEqual(run.events)
    for (const name of ['time', 'equity', 'cash', 'exposure'] as const)
      expect(Float64Array.from(back.equity[name])).toEqual(Float64Array.from(run.equity[name]))
    // two series that close together share an instant: 91 days of hours
    expect(back.equity.length).toBe(91 * 24)
  })

  test('its tables are those of the run', async () => {
    const back = await loadRun(run.dir)
    expect(tradesTable(back.trades).objects()).toEqual(tradesTable(run.trades).objects())
    expect(fillsTable(back.fills).objects()).toEqual(fillsTable(run.fills).objects())
    expect(equityTable(back.equity).column('equity')).toBe(back.equity.equity)
  })

  test('a folder that is no run is a wrong argument', async () => {
    const folder = scratch()
    const refusal = await loadRun(folder).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(UsageError)
    expect((refusal as Error).message).toBe(`${folder}: is no run folder, it has no run.json`)
  })

  const edit = (name: string, change: (text: string) => string) => (dir: string) =>
    writeFileSync(join(dir, name), change(readFileSync(join(dir, name), 'utf8')))
  const remove = (name: string) => (dir: string) => rmSync(join(dir, name))
  test.each<readonly [what: string, damage: (dir: string) => void, message: string]>([
    ['run.json torn', edit('run.json', (text) => text.slice(0, 500)), 'run.json: is no JSON'],
    ['trades.csv gone', remove('trades.csv'), 'trades.csv: is missing from the run folder'],
    ['fills.csv gone', remove('fills.csv'), 'fills.csv: is missing from the run folder'],
    ['events.jsonl gone', remove('events.jsonl'), 'events.jsonl: is missing from the run folder'],
    ['equity.parquet gone', remove('equity.parquet'), 'equity.parquet: is missing from the run folder'],
    ['trades.csv torn', edit('trades.csv', (text) => text.slice(0, -20)), 'trades.csv: is damaged: record'],
    ['a trade lost', edit('trades.csv', (text) => text.replace(/\n[^\n]*\n$/, '\n')), 'trades, run.json says'],
    [
      'a fill changed',
      edit('fills.csv', (text) => text.replace(',taker,', ',maker,')),
      'its sha256 is not the tradeHash',
    ],
    ['an event torn', edit('events.jsonl', (text) => text.slice(0, -9)), 'events.jsonl: is damaged: line'],
    [
      'equity.parquet a text',
      (dir) => writeFileSync(join(dir, 'equity.parquet'), 'time,equity\n'),
      'equity.parquet: cannot be read',
    ],
  ])('%s is named, with the command that makes the run again', async (what, damage, message) => {
    const dir = join(scratch(), 'copy')
    cpSync(run.dir, dir, { recursive: true })
    damage(dir)
    const refusal = await loadRun(dir).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(DataError)
    expect((refusal as Error).message).toContain(message)
    if (!what.startsWith('run.json')) expect((refusal as Error).message).toContain(run.document.reproduce.command)
  })

  test('the equity curve of another run does not pass for this one’s', async () => {
    const other = await runBacktest({
      strategy: join(ROOT, 'strategies', 'buy-and-hold.ts'),
      data: 'binance:BTCUSDT:1h',
      from: '2024-01-01',
      to: '2024-01-05',
      out: scratch(),
    })
    const dir = join(scratch(), 'copy')
    cpSync(run.dir, dir, { recursive: true })
    cpSync(join(other.dir!, 'equity.parquet'), join(dir, 'equity.parquet'))
    await expect(loadRun(dir)).rejects.toThrow('equity.parquet: ends at')
  })
})
