import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { paperText } from '../../src/cli/paper-text.ts'
import { Control } from '../../src/runs/paper/control.ts'
import type { JournalRecord } from '../../src/runs/paper/session-record.ts'
import type { PaperSnapshot } from '../../src/runs/paper/snapshot.ts'
import { hour, madeSession } from '../runs/paper/made-session.ts'
import { klinelabHere } from './klinelab-here.ts'

const FILL: JournalRecord = {
  kind: 'told',
  told: {
    ...{
      kind: 'fill',
      symbol: 'MADEUSDT',
      order: 'in',
      at: hour(3),
      price: '100',
      qty: '2',
      fee: '0',
      liquidity: 'taker',
    },
  },
}
const TIMING = { count: 0, p50: 0, p99: 0, max: 0, mean: 0 }
/** As it is written right after its second bar: the start and two instants are in the journal. */
const SNAPSHOT = {
  ...{ session: '00000000', name: 'made', strategy: 'once', params: {}, broker: 'demo', mode: 'live', quote: 'USDT' },
  ...{ state: 'running', since: hour(0), at: hour(2), equity: 10_000, startEquity: 10_000, cash: 10_000 },
  ...{ series: [], position: [], openOrders: [], fills: [], trades: [], openTrades: [], remarks: [], champions: [] },
  counters: { bars: 2, fills: 0, trades: 0, rejected: 0, reconnects: 0, journalRecords: 3, alarms: 1, standing: 0 },
  // its end bears a clock that was set back since
  alarms: [
    {
      ...{ at: hour(2), kind: 'stream-lost', severity: 'warning', text: 't', facts: {}, stands: 'broker s' },
      ended: hour(1),
    },
  ],
  ...{ drift: null, refusedFor: null },
  timings: { journal: TIMING, engine: TIMING, decision: TIMING, order: TIMING, total: TIMING },
}

async function left(snapshot: object) {
  const { dir } = await madeSession({ after: { 3: [FILL] } })
  writeFileSync(join(dir, 'last.json'), JSON.stringify(snapshot))
  const out = dirname(dirname(dir))
  const status = (...words: string[]) => klinelabHere(['paper', 'status', ...words, '--out', out])
  return Object.assign(status, { out })
}

test('of a session whose process died it is said how old it is, and what its journal holds more', async () => {
  const status = await left(SNAPSHOT)
  const said =
    '! The process of made died. What is shown of it is as of 2023-01-01T02:00 UTC: its journal holds 9 records more, up to 2023-01-01T10:00 UTC, 1 fill among them, which the same command plays when it is started again. Position, orders and fills may be others by now.'
  const one = await status('made')
  expect(one.stdout.startsWith(`${said}\n\nmade: once on paper\n`)).toBe(true)
  expect((await status()).stdout.trimEnd().endsWith(`\n\n${said}`)).toBe(true)
  const json = { isRunning: false, state: 'crashed', asOf: hour(2), later: 9, laterTo: hour(10), laterFills: 1 }
  expect((await status('made', '--json')).json()).toMatchObject(json)
  expect((await status('--json')).json()).toMatchObject([json])
})

test('of one that was laid down nothing is missing', async () => {
  const status = await left({ ...SNAPSHOT, state: 'stopped' })
  expect((await status('made')).stdout).toMatch(/^made: once on paper\n/)
  expect((await status()).stdout).not.toContain('died')
  expect((await status('made', '--json')).json()).toMatchObject({ state: 'stopped', later: 0, laterTo: null })
})

test('of one that is halted it says what lets it trade again, wherever that is typed', () => {
  const halted = { ...SNAPSHOT, state: 'halted' } as unknown as PaperSnapshot
  expect(paperText(halted, '/runs')).toContain(
    'halted (nothing is opened until klinelab paper resume made --out /runs), last',
  )
  expect(paperText(halted, null)).toContain('halted (nothing is opened until klinelab paper resume made), last')
})

test('an alarm that ended before it began by its clocks has no duration', async () => {
  const status = await left({ ...SNAPSHOT, state: 'stopped' })
  expect((await status('made')).stdout).toMatch(
    / the last: 2023-01-01T02:00 warning stream-lost, over since 2023-01-01T01:00\n/,
  )
})

test('remarks on rules are said as it begins: from then on they are counted, and a pointer says where they are', async () => {
  const remarks = ['BTCUSDT: filters before 2025 are not known', 'Filters not simulated: PERCENT_PRICE']
  const status = await left({ ...SNAPSHOT, state: 'stopped', remarks })
  const { stdout } = await status('made')
  expect(stdout).toContain(
    `  ! 2 remarks on the rules that it keeps to, said as it began: klinelab paper status made --json --out ${status.out} has them`,
  )
  expect(stdout).not.toContain('filters before 2025')
  expect((await status('made', '--json')).json()).toMatchObject({ snapshot: { remarks } })
})

/** `paper resume` of a session that has these to say: as it is asked, and as it has acted. */
async function resumed(before: object, after: object) {
  const { dir } = await madeSession({})
  const control = await Control.open(dir, async ({ ask }) => ({
    ok: true,
    snapshot: { ...SNAPSHOT, ...(ask === 'status' ? before : after) } as unknown as PaperSnapshot,
  }))
  try {
    const { code, stdout } = await klinelabHere(['paper', 'resume', 'made', '--out', dirname(dirname(dir))])
    return [code, stdout.split('\n')[0]]
  } finally {
    await control.close()
  }
}

test('a resume says what became of it, and that nothing did is exit code 1', async () => {
  const said = (...texts: string[]) => ({
    alarms: texts.map((text) => ({ at: 1, kind: 'position', severity: 'critical', text, facts: {}, ended: null })),
    counters: { ...SNAPSHOT.counters, alarms: texts.length },
  })
  const [running, halted] = [{ state: 'running' }, { state: 'halted' }]
  const [old, same, another] = [
    said('it differs'),
    said('it differs', 'it differs'),
    said('it differs', 'it differs by 3'),
  ]
  expect(await resumed({ ...halted, ...old }, { ...running, ...old })).toEqual([0, 'made trades again'])
  expect(await resumed({ ...running, ...old }, { ...running, ...old })).toEqual([
    0,
    'made was not halted, it was running: nothing had to be resumed',
  ])
  expect(await resumed({ ...halted, ...old }, { ...halted, ...same })).toEqual([
    1,
    'made is halted still, as what it was halted for is wrong still: position: it differs',
  ])
  expect(await resumed({ ...halted, ...old }, { ...halted, ...another })).toEqual([
    1,
    'made was resumed, and is halted again: position: it differs by 3',
  ])
  expect(await resumed({ ...running, ...old }, { ...halted, ...another })).toEqual([
    1,
    'made was not halted but running when this was asked, and is halted now: position: it differs by 3',
  ])
  expect(await resumed({ ...halted, ...old }, { ...halted, ...old })).toEqual([
    1,
    'made is halted still, as its alarms say, with what helps',
  ])
})
