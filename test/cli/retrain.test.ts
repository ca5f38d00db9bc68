import { createHash } from 'node:crypto'
import { cpSync, readdirSync, readFileSync, truncateSync } from 'node:fs'
import { basename, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { paperText } from '../../src/cli/paper-text.ts'
import { decisionText } from '../../src/cli/retrain-text.ts'
import { seededRandom } from '../../src/core/random.ts'
import { timeName } from '../../src/core/time.ts'
import type { Championship } from '../../src/runs/champion.ts'
import { readAlarms } from '../../src/runs/paper/alarm-file.ts'
import { readSession } from '../../src/runs/paper/session-file.ts'
import type { PaperSnapshot } from '../../src/runs/paper/snapshot.ts'
import type { RetrainDecision } from '../../src/runs/retrain-decision.ts'
import { readLedger } from '../../src/search/ledger.ts'
import { scratch } from './klinelab.ts'
import { klinelabHere } from './klinelab-here.ts'
import { modelModule } from './model-modules.ts'

const SERIES = 'binance:ETHUSDT:1h'
const BEGIN = Date.UTC(2023, 0, 1)
const HOUR = 3_600_000
/** Hours that are known at first, and all. */
const [KNOWN, ALL] = [2400, 3480]

/** What goes up goes up again; from the hour `turn` on what goes up comes down. */
function rows(turn: number): string[] {
  const random = seededRandom(14)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  let [close, last] = [1500, 0]
  return Array.from({ length: ALL }, (_, hour) => {
    const open = close
    last = (hour < turn ? 0.5 : -0.5) * last + 0.015 * normal()
    close = Math.round(100 * open * Math.exp(last)) / 100
    return [BEGIN + hour * HOUR, open, Math.max(open, close), Math.min(open, close), close, 50_000].join(',')
  })
}

const MODULE = modelModule({
  features: '() => ({ r1: logReturn(1), r2: logReturn(2) })',
  label: 'direction({ horizon: 1 })',
  split: `walkForward({ folds: 2, mode: 'rolling', trainBars: 840 })`,
})
  .replace('> 0.52', '> 0.6')
  .replace('{ fraction: 0.5 }', '{ fraction: 0.1 }')

interface Project {
  readonly cwd: string
  readonly out: string
  run(...args: string[]): ReturnType<typeof klinelabHere>
  json<T>(...args: string[]): Promise<T>
  bring(bars: readonly string[]): Promise<void>
}

function projectIn(cwd: string): Project {
  const out = join(cwd, 'out')
  const run = (...args: string[]) =>
    klinelabHere(args, { cwd, env: { KLINELAB_REPORTS: out, KLINELAB_STORE: join(cwd, 'store') } })
  const done = async (...args: string[]) => {
    const finished = await run(...args)
    expect(finished.code, finished.stderr).toBe(0)
    return finished
  }
  return {
    ...{ cwd, out, run },
    json: async <T>(...args: string[]) => (await done(...args, '--json')).json<T>(),
    bring: async (bars) => {
      const csv = ['open_time,open,high,low,close,volume', ...bars, ''].join('\n')
      await done('data', 'import', join(scratch({ 'bars.csv': csv }), 'bars.csv'), '--as', SERIES)
    },
  }
}

/** What 840 bars leave open of three coefficients costs 3 ÷ (2 × 840) nats: the margin is well above that. */
const RETRAIN = ['retrain', 'm.ts', '--window', '15d', '--margin', '0.01']
const PAPER = ['paper', 'm.ts', '--replay', '--from', '2023-04-11', '--name', 's']

const champions = ({ out }: Project) => join(out, 'champions', readdirSync(join(out, 'champions'))[0]!)
const championship = (project: Project): Championship =>
  JSON.parse(readFileSync(join(champions(project), 'champion.json'), 'utf8'))

/** All bytes of the model that reigns. */
function reigning(project: Project): string {
  return bytesOf(join(champions(project), 'models', championship(project).reigns.at(-1)!.artifact.slice(0, 16)))
}

function bytesOf(dir: string): string {
  const hash = createHash('sha256')
  for (const name of readdirSync(dir).sort()) hash.update(name).update(readFileSync(join(dir, name)))
  return hash.digest('hex')
}

describe('a model on a series', () => {
  let before: Project
  beforeAll(async () => {
    before = projectIn(scratch({ 'm.ts': MODULE, 'package.json': '{ "type": "module" }' }))
    await before.bring(rows(ALL).slice(0, KNOWN))
    await before.json('backtest', 'm.ts')
    // crowns what the backtest has trained, so that no session asks one of the bars to come
    const { outcome, why } = await before.json<RetrainDecision>(...RETRAIN)
    expect(outcome).toBe('kept')
    expect(why).toMatch(/\. It was found among the runs, and sessions that are begun from now on ask it$/)
  }, 60_000)

  /** As it was then, with what came. */
  async function grown(turn: number): Promise<Project> {
    const cwd = scratch()
    cpSync(before.cwd, cwd, { recursive: true })
    const project = projectIn(cwd)
    await project.bring(rows(turn).slice(KNOWN))
    return project
  }

  test('of which the rule turns round: the session drifts, and the challenger that has seen it takes over', async () => {
    const project = await grown(KNOWN)
    const { json, run, out } = project
    const { alarms, drift } = await json<PaperSnapshot>(...PAPER)
    const warned = alarms.filter(({ severity }) => severity === 'warning').map(({ kind }) => kind)
    expect(warned).toEqual(expect.arrayContaining(['drift-hit-rate', 'drift-return']))
    expect(drift!.items.find(({ kind }) => kind === 'return')).toMatchObject({ verdict: 'drifted' })
    expect(drift!.items.find(({ kind }) => kind === 'slippage')).toMatchObject({ verdict: 'steady' })

    const swap = await json<RetrainDecision>(...RETRAIN, '--on-drift', 's')
    const { contest, trigger } = swap
    expect(swap).toMatchObject({ model: 'up', outcome: 'swapped', trigger: { kind: 'drift', session: 's' } })
    expect(trigger.kind === 'drift' && trigger.alarm).toContain('drift-return')
    // a coin has ln 2: the champion is surer than that of what is not so any more
    expect(contest!.champion.figure).toBeGreaterThan(Math.LN2)
    expect(contest!.challenger.figure).toBeLessThan(Math.LN2)
    expect(contest!.better).toBeCloseTo(contest!.champion.figure - contest!.challenger.figure, 12)
    // fifteen days up to the last bar, of which the last one has no label yet; what is learnt from ends before them
    const last = BEGIN + (ALL - 1) * HOUR
    expect(contest!.window).toEqual({ from: last - 15 * 24 * HOUR, to: last, rows: 15 * 24 })
    expect(contest!.challenger.learntTo).toBeLessThan(contest!.window.from)
    expect(contest!.champion.learntTo).toBeLessThan(BEGIN + KNOWN * HOUR)
    const after = championship(project)
    expect(after.reigns.map(({ how }) => how)).toEqual(['found', 'won'])
    expect(after.decisions.map(({ outcome }) => outcome)).toEqual(['kept', 'swapped'])
    expect(after.decisions[1]).toEqual(swap)

    // the challenger that lost before the turn, and the one that has won
    const challengers = () =>
      readLedger(join(out, 'ledger.jsonl')).entries.filter(({ run }) => run === basename(champions(project)))
    expect(challengers().map(({ verb, name, to }) => [verb, name, to])).toEqual(
      [KNOWN, ALL].map((hours) => ['model', 'up', BEGIN + hours * HOUR]),
    )

    // it has been answered
    expect(await json(...RETRAIN, '--on-drift', 's')).toMatchObject({ outcome: 'not-needed' })
    const again = await json<RetrainDecision>(...RETRAIN)
    expect(again).toMatchObject({ outcome: 'kept', contest: null, champion: swap.champion })
    expect(again.why).toContain('no bar has come since')
    expect(again.why).toContain('a shorter --window leaves more to learn from')
    expect(challengers()).toHaveLength(2)

    // the session goes on with its own model, to the same bytes, and says so
    const dir = join(out, 'paper', 's')
    const fills = readFileSync(join(dir, 'fills.csv'))
    truncateSync(join(dir, 'journal.log'), 100_000)
    const { alarms: told, champions: waiting } = await json<PaperSnapshot>(...PAPER)
    expect(readFileSync(join(dir, 'fills.csv'))).toEqual(fills)
    expect(told.filter(({ kind }) => kind === 'new-champion')).toMatchObject([
      { severity: 'info', facts: { model: 'up', champion: swap.champion, own: swap.before } },
    ])
    expect(waiting).toMatchObject([{ model: 'up', champion: swap.champion, own: swap.before }])
    const status = await json<{ snapshot: PaperSnapshot }>('paper', 'status', 's')
    expect(paperText(status.snapshot, null)).toContain(
      `  Champion      a newer one of model up waits since ${timeName(waiting[0]!.since)}: this session keeps its own`,
    )
    // a new one asks the champion, from its first unseen bar on
    await json('paper', 'm.ts', '--replay', '--name', 'next')
    const next = readSession(join(out, 'paper', 'next'))!
    expect(next.models.map(({ artifact }) => artifact)).toEqual([swap.champion])
    expect(next.from).toBe(contest!.window.from)

    const runs = readdirSync(out).filter((name) => name.startsWith('up-'))
    expect(runs).toHaveLength(1)
    const trained = bytesOf(join(out, runs[0]!, 'artifact'))
    expect(reigning(project)).not.toBe(trained)
    const back = await json<RetrainDecision>('retrain', 'm.ts', '--rollback')
    expect(back).toMatchObject({ outcome: 'rolled-back', champion: swap.before, before: swap.champion })
    expect(reigning(project)).toBe(trained)
    expect((await run('retrain', 'm.ts', '--rollback')).stderr).toContain('its champion is the first one')
  }, 60_000)

  test('of which the rule stays: no drift, no swap, and the same figures again', async () => {
    const project = await grown(ALL)
    const { json, out } = project
    const { drift } = await json<PaperSnapshot>(...PAPER)
    expect(readAlarms(join(out, 'paper', 's'))).toEqual([])
    const verdicts = drift!.items.map(({ kind, verdict }) => `${kind} ${verdict}`)
    expect(verdicts).toEqual([
      'hit-rate steady',
      'return steady',
      'slippage steady',
      'feature steady',
      'feature steady',
    ])
    expect(await json(...RETRAIN, '--on-drift', 's')).toMatchObject({ outcome: 'not-needed' })
    const kept = await json<RetrainDecision>(...RETRAIN)
    expect(kept).toMatchObject({ outcome: 'kept', before: null })
    expect(Math.abs(kept.contest!.better)).toBeLessThan(0.02)
    const [first, ...others] = championship(project).reigns
    expect([first!.artifact, others]).toEqual([kept.champion, []])
    const bytes = reigning(project)
    // the same contest comes to the same
    const { contest } = await json<RetrainDecision>(...RETRAIN)
    expect(contest).toEqual(kept.contest)
    expect(reigning(project)).toBe(bytes)
    expect(await json(...RETRAIN, '--by', 'money')).toMatchObject({ outcome: 'kept' })
  }, 60_000)

  test('is never judged on bars that the champion has learnt from, however long the window', async () => {
    const { contest, why } = await before.json<RetrainDecision>('retrain', 'm.ts', '--window', '90d', '--margin', '1')
    expect(contest!.window.from).toBe(contest!.champion.learntTo + HOUR)
    expect(contest!.challenger.learntTo).toBe(contest!.champion.learntTo)
    expect(why).toContain('has learnt from no newer bar than the champion')
    expect(why).toContain('take a shorter --window')
  }, 60_000)

  test('is refused where it cannot be judged', async () => {
    const { run } = before
    const short = await run('retrain', 'm.ts', '--window', '2d')
    expect([short.code, short.stderr]).toEqual([0, ''])
    expect(short.stdout).toContain('48 bars of the window, from 2023-04-08T23:00 on, have a label, and 100 are needed')
    const wrong = await run('retrain', 'm.ts', '--every', '7x')
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('12h, 7d, 2w')])
    const none = await run(...RETRAIN, '--on-drift', 'nobody')
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('there is no session "nobody"')])
  }, 60_000)
})

test('what has become of a contest says who asks the champion, and how a swap is taken back', () => {
  const trigger = { kind: 'asked' } as const
  const said = (outcome: RetrainDecision['outcome']) =>
    decisionText({
      ...{ at: 1, model: 'up', outcome, why: 'so', trigger, contest: null, champion: 'abc', before: null },
    })
  const asked = 'Asked by      paper sessions that are begun from now on; those that run keep their own'
  const back = 'Taken back    by the same command with --rollback alone'
  const has = (['first', 'swapped', 'kept', 'rolled-back'] as const).map((outcome) =>
    [asked, back].map((line) => said(outcome).includes(line)),
  )
  expect(has).toEqual([
    [true, false],
    [true, true],
    [false, false],
    [false, false],
  ])
})
