import { expect, test } from 'vitest'
import type { RecordedRequest, RunDocument } from '../../../src/core/run.ts'
import type { WalkForwardDocument } from '../../../src/core/search.ts'
import { defineStrategy, int, num } from '../../../src/engine/index.ts'
import type { Check } from '../../../src/runs/check.ts'
import { GATE, type GateName, judge, THRESHOLDS } from '../../../src/runs/promote/checklist.ts'
import { missingCommands } from '../../../src/runs/promote/commands.ts'
import type { ComparedSession } from '../../../src/runs/promote/compared-sessions.ts'
import type { Evidence } from '../../../src/runs/promote/evidence.ts'
import { measure } from '../../../src/runs/promote/measure.ts'
import { BUILT_IN } from '../../../src/runs/settings.ts'

const DAY = 86_400_000
const SERIES = 'binance-usdm:BTCUSDT:1h'

const request = {
  ...{ strategy: 'strategies/cross.ts', data: [SERIES], from: Date.UTC(2024, 0, 1), to: Date.UTC(2024, 6, 1) },
  ...{ set: { fast: 24, share: 0.99, wide: 3 }, warmup: 100, risk: { maxDrawdown: 0.2 }, noCosts: false },
  costs: { 'binance-usdm': { feeMaker: 0.0002, feeTaker: 0.0005, feeTier: 'VIP0', feeDiscount: 0, slippageBps: 2 } },
  execution: { slippage: { model: 'bps' }, participation: null, latency: 0, cancelLatency: 0 },
  ...{ cash: 10_000, riskFree: 0.04, limitTouch: false, feeAsset: BUILT_IN.feeAsset, closeAtEnd: true },
  ...{ allowInSample: false, stress: false, detail: null, band: BUILT_IN.band, benchmark: 'binance:BTCUSDT:1h' },
  ...{ margin: 'isolated', funding: BUILT_IN.funding, leverage: { BTCUSDT: 2 } },
} as unknown as RecordedRequest
const strategy = defineStrategy({
  name: 'cross',
  params: { fast: int(24, { min: 20, max: 500 }), share: num(0.5, { max: 1 }), wide: int(3) },
  onBar: () => undefined,
})
const commands = missingCommands('cross-0123', request, strategy)

const document = {
  ...{ run: 'cross-0123', strategy: 'cross', data: [{ series: SERIES }], models: { used: [], inSample: false } },
  ...{ metrics: { trades: 40, totalReturn: 0.1 }, stress: { paidBps: 5, breakEvenBps: 20 } },
  certificates: [{ series: SERIES, rows: 1000, gaps: [], outliers: [] }],
} as unknown as RunDocument
const check = {
  ...{ samples: 12, leaks: [] },
  parts: [{ part: 'decisions', of: 'cross', compared: 37, verdict: 'holds', note: null }],
} as unknown as Check
const walked = {
  ...{ run: 'cross-walk-forward-4567', metrics: { totalReturn: 0.1 }, efficiency: 0.8, profitable: 1, notes: {} },
  windows: [{ outOfSample: {} }, { outOfSample: {} }],
} as unknown as WalkForwardDocument
const session: ComparedSession = {
  ...{ session: 'live', code: 'c', params: {}, series: [SERIES], broker: 'local', mode: 'live' },
  ...{ from: 0, to: 8 * DAY, days: 8, unexplained: 0, unaccounted: [], causes: [] },
}
/** Nothing is missing, and nothing wrong. */
const whole: Evidence = {
  ...{ document, check, whyUnchecked: '', walkForward: walked, sessions: [session], uncompared: [], commands },
  verification: { run: 'cross-0123', dir: '', same: true, problems: [], differences: [] },
  deflated: { figure: 0.99, trials: 3, why: '', isCounted: true },
}

const itemOf = (evidence: Evidence, name: GateName) =>
  judge(measure(evidence, THRESHOLDS), {}).find((one) => one.name === name)!
const run = (other: object): Partial<Evidence> => ({ document: { ...document, ...other } as RunDocument })
const tested = (other: object) => ({ ...walked, ...other }) as WalkForwardDocument
const looked = (other: object) => ({ ...check, ...other }) as Check

test('the gate opens where all is there', () => {
  const items = judge(measure(whole, THRESHOLDS), {})
  expect(items.filter(({ passed }) => !passed)).toEqual([])
  expect(items.flatMap((one) => one.commands)).toEqual([])
})

const idle = [{ part: 'decisions', of: 'cross', compared: 37, verdict: 'holds', note: 'it decides nothing' }]
const unseen = [...check.parts, { part: 'split', of: 'm', compared: 0, verdict: 'not checked', note: 'own folds' }]
const unknownSharpe = { figure: null, trials: 9, why: 'it has no daily returns' }

/** Of every check what may be missing, and the commands that bring it. */
const MISSING: readonly (readonly [GateName, string, Partial<Evidence>, readonly string[]])[] = [
  ['leak-free', 'nobody could look', { check: null, whyUnchecked: 'handed over by a script' }, []],
  ['leak-free', 'no sample', { check: looked({ samples: 0 }) }, []],
  ['leak-free', 'nothing was compared', { check: looked({ parts: [] }) }, []],
  ['leak-free', 'it decides nothing', { check: looked({ parts: idle }) }, []],
  ['leak-free', 'a part of it was not looked at', { check: looked({ parts: unseen }) }, []],
  ['out-of-sample', 'no walk-forward', { walkForward: null }, commands.walkForward],
  ['out-of-sample', 'no return', { walkForward: tested({ metrics: { totalReturn: null } }) }, []],
  ['enough-trades', 'no number of trades', run({ metrics: {} }), []],
  ['cost-stress', 'no stress', run({ stress: null }), commands.stress],
  ['cost-stress', 'nothing earned', run({ stress: { paidBps: 5, breakEvenBps: null } }), []],
  ['cost-stress', 'nothing paid', run({ stress: { paidBps: 0, breakEvenBps: 20 } }), []],
  ['clean-data', 'no certificate', run({ certificates: [] }), commands.backtest],
  [
    'clean-data',
    'none of one of two series',
    run({ data: [{ series: SERIES }, { series: 'binance-usdm:ETHUSDT:1h' }] }),
    commands.backtest,
  ],
  [
    'clean-data',
    'one of no rows',
    run({ certificates: [{ series: SERIES, rows: 0, gaps: [], outliers: [] }] }),
    commands.backtest,
  ],
  ['walk-forward', 'none', { walkForward: null }, commands.walkForward],
  ['walk-forward', 'no efficiency', { walkForward: tested({ efficiency: null }) }, []],
  ['walk-forward', 'no windows that traded', { walkForward: tested({ profitable: null }) }, []],
  ['deflated-sharpe', 'no probability', { deflated: { ...unknownSharpe, isCounted: true } }, []],
  ['deflated-sharpe', 'not in the ledger', { deflated: { ...unknownSharpe, isCounted: false } }, commands.backtest],
  ['paper-days', 'no session', { sessions: [] }, commands.paper],
  ['paper-days', 'a replay alone', { sessions: [{ ...session, mode: 'replay' }] }, commands.paper],
  ['paper-days', 'a simulated exchange alone', { sessions: [{ ...session, broker: 'exchange x' }] }, commands.paper],
  ['paper-parity', 'no session', { sessions: [] }, commands.paper],
  ['paper-parity', 'a session on no bar', { sessions: [{ ...session, days: 0 }] }, commands.paper],
  ['paper-parity', 'none compared', { sessions: [], uncompared: ['first'] }, ['klinelab parity first']],
  ['paper-parity', 'one compared of two', { uncompared: ['second'] }, ['klinelab parity second']],
]

test.each(MISSING)('%s does not pass where there is %s', (name, _, missing, wanted) => {
  const item = itemOf({ ...whole, ...missing }, name)
  expect(item).toMatchObject({ figure: null, passed: false, commands: wanted })
  expect(item.words.length).toBeGreaterThan(10)
})

test('every check but the run itself, which is made again, has something that may be missing', () => {
  expect(new Set(['reproducible', ...MISSING.map(([name]) => name)])).toEqual(new Set(GATE))
})

test('the run made again must be the same, and an unnamed difference is one', () => {
  const verification = { ...whole.verification, same: false }
  expect(itemOf({ ...whole, verification }, 'reproducible')).toMatchObject({ figure: 1, passed: false })
})

test('a leak counts though parts were not looked at', () => {
  const leaks = [{ text: 'it peeks' }] as unknown as Check['leaks']
  expect(itemOf({ ...whole, check: looked({ leaks, parts: idle }) }, 'leak-free')).toMatchObject({ figure: 1 })
})

test('a window in which nothing could be chosen has made no money', () => {
  const windows = [{ outOfSample: {} }, { outOfSample: null }, { outOfSample: null }]
  const item = itemOf({ ...whole, walkForward: tested({ windows }) }, 'walk-forward')
  expect(item).toMatchObject({ figure: 1 / 3, passed: false })
})

test('sessions that nobody has compared are named beside one that differs', () => {
  const sessions = [{ ...session, unexplained: 1 }]
  const item = itemOf({ ...whole, sessions, uncompared: ['second'] }, 'paper-parity')
  expect(item).toMatchObject({ figure: 1, passed: false })
  expect(item.words).toContain('not compared: second')
})

test('the commands stand as they are: nothing is left for the reader to fill in', () => {
  const set = '--set fast=20,24,30 --set share=0.7425,0.99,1 --set wide=3'
  const paper = '--set share=0.99'
  const terms = '--risk maxDrawdown=0.2 --margin isolated --leverage 2'
  const range = '--from 2024-01-01 --to 2024-07-01'
  const data = `strategies/cross.ts --data ${SERIES}`
  const judged = '--risk-free 0.04 --close-at-end'
  const held = '--benchmark binance:BTCUSDT:1h'
  expect(commands).toEqual({
    backtest: [`klinelab backtest ${data} ${range} --set share=0.99 ${judged} ${held} ${terms}`],
    stress: [
      `klinelab backtest ${data} ${range} --set share=0.99 ${judged} --stress ${held} ${terms}`,
      'klinelab promote latest',
    ],
    walkForward: [`klinelab walk-forward ${data} ${range} --train 60d --test 15d ${set} ${judged} ${terms}`],
    paper: [`klinelab paper ${data} ${paper} --name cross-0123 ${terms}`, 'klinelab parity cross-0123'],
  })
  const plain = defineStrategy({ name: 'plain', onBar: () => undefined })
  expect(missingCommands('plain-1', { ...request, set: {} }, plain).walkForward).toEqual([])
  const short = { ...request, to: request.from + 2 * DAY }
  expect(missingCommands('cross-0123', short, strategy).walkForward[0]).toContain('--train 16h --test 4h')
})
