import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, expect, test } from 'vitest'
import { HOME } from '../../src/runs/package-info.ts'
import { ROOT, scratch } from './klinelab.ts'
import { klinelabHere } from './klinelab-here.ts'

const HOUR = 3_600_000
const FROM = Date.UTC(2025, 6, 31)
const SERIES = 'binance-usdm:BTCUSDT:1h'

const children: ChildProcess[] = []

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** As in a terminal of its own. */
function started(...args: string[]) {
  const child = spawn(process.execPath, [join(HOME, 'src', 'cli', 'klinelab.mjs'), ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  const lines = { out: [] as string[], log: [] as string[] }
  createInterface(child.stdout).on('line', (line) => lines.out.push(line))
  createInterface(child.stderr).on('line', (line) => lines.log.push(line))
  return { child, lines, ended: once(child, 'exit').then(([code]) => code as number) }
}

test('a session at an exchange that is stepped says what it waits for, and ends with the replay', async () => {
  const out = scratch()
  const range = ['--from', '2025-07-31', '--to', '2025-07-31T04:00']
  const ports = ['--speed', 'step', '--port', '0', '--control-port', '0', '--json']
  const exchange = started('exchange', '--replay', SERIES, ...range, ...ports)
  await expect.poll(() => exchange.lines.out.length, { timeout: 30_000 }).toBe(1)
  const { origin, controlPort } = JSON.parse(exchange.lines.out[0]!) as { origin: string; controlPort: number }
  const control = async (method: string, path: string) =>
    (await fetch(`http://127.0.0.1:${controlPort}${path}`, { method })).json() as Promise<Record<string, unknown>>
  expect((await control('GET', '/state'))['replay']).toEqual({ word: 'waits', speed: null })
  const command = ['paper', 'strategies/sma-cross.ts', '--data', SERIES, '--broker', 'exchange', origin, '--out', out]
  const set = ['--set', 'fast=3', '--set', 'slow=8', '--set', 'qty=0.05']
  const paper = started(...command, ...set, '--name', 'stepped')
  const status = async () => {
    const { stdout, code } = await klinelabHere(['paper', 'status', 'stepped', '--out', out, '--json'])
    return code === 0 ? (JSON.parse(stdout) as { state: string; snapshot: Snapshot | null }) : null
  }
  const waiting = async () => (await status())?.snapshot?.waiting ?? null
  await expect.poll(async () => (await waiting())?.reason, { timeout: 60_000, interval: 500 }).toBe('step')
  const text = `waits for the bar of 2025-07-31 of ${SERIES}, which closes at 2025-07-31T01:00: the replay of exchange ${origin} waits for a step, POST /step on its control port (there it is 2025-07-31); none has come yet, in `
  expect((await waiting())?.text.startsWith(text)).toBe(true)
  const shown = await klinelabHere(['paper', 'status', 'stepped', '--out', out])
  expect(shown.stdout).toContain(`\n                ${text}`)
  // said on the terminal as well, and once
  const saying = () => paper.lines.log.filter((line) => line.startsWith('waits for '))
  await expect.poll(() => saying().length, { timeout: 20_000 }).toBe(1)
  // another folder of runs is no other account
  const elsewhere = await klinelabHere([...command.slice(0, -1), scratch(), ...set, '--name', 'elsewhere'])
  expect(elsewhere.stderr).toMatch(/process \d+@\S+ is trading this account \(exchange-\w+\) in session stepped; /)
  expect([elsewhere.code, elsewhere.stderr.includes(`klinelab paper stop stepped --out ${out}`)]).toEqual([1, true])
  const bars = async () => (await status())?.snapshot?.counters.bars
  for (let close = 1; close <= 3; close++) {
    while ((await control('POST', '/step'))['at'] !== 'close');
    await expect.poll(bars, { timeout: 20_000 }).toBe(close)
  }
  expect(saying()).toHaveLength(1)
  while ((await control('POST', '/step'))['at'] !== 'end');
  expect(await paper.ended).toBe(0)
  const said = paper.lines.out.join('\n')
  expect(said).toMatch(/State +ended, last instant 2025-07-31T04:00 UTC/)
  expect(said).toMatch(/Alarms +none/)
  expect(paper.lines.log).toContain(`the replay of exchange ${origin} is over, at 2025-07-31T04:00: the session ends`)
  expect((await status())?.snapshot).toMatchObject({ state: 'ended', at: FROM + 4 * HOUR, waiting: null })
  // it is what an ended one is: shown again, and not gone on with; and nobody begins another there
  const again = await klinelabHere([...command, ...set, '--name', 'stepped'])
  expect([again.code, again.stdout.includes('ended, last instant 2025-07-31T04:00 UTC')]).toEqual([0, true])
  const other = await klinelabHere([...command, ...set, '--name', 'late'])
  expect(other.stderr).toContain(`--broker exchange ${origin}: its replay is over, at 2025-07-31T04:00`)
  expect(other.code).toBe(2)
  expect((await klinelabHere(['paper', 'status', 'late', '--out', out])).stderr).toContain('there is no session "late"')
}, 180_000)

interface Snapshot {
  readonly counters: { readonly bars: number }
  readonly waiting: { readonly reason: string; readonly text: string } | null
}
