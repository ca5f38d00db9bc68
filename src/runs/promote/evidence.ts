import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { isAccounted } from '../../core/parity.ts'
import type { RunDocument } from '../../core/run.ts'
import type { WalkForwardDocument } from '../../core/search.ts'
import { DataError } from '../../data/index.ts'
import { type Check, checkModule } from '../check.ts'
import { judgedBy, trialOfFolder } from '../count-trials.ts'
import { findProjectFile } from '../find-project-file.ts'
import { isModel, isSearch, listRuns } from '../load-run.ts'
import { verifyRun } from '../rerun.ts'
import type { Settings } from '../settings.ts'
import type { Verification } from '../verification.ts'
import type { GateName, Measured, Thresholds } from './checklist.ts'

/** What is known of a run that somebody wants to promote. */
export interface Evidence {
  readonly document: RunDocument
  readonly verification: Verification
  /** `null` where it could not be looked for, and why. */
  readonly check: Check | null
  readonly walkForward: WalkForwardDocument | null
  /** Probability that the Sharpe ratio is real given all trials, how many these were, and why there is none. */
  readonly deflated: { readonly figure: number | null; readonly trials: number; readonly why: string }
  readonly sessions: readonly Session[]
}

export interface Host {
  readonly cwd: string
  readonly onProgress?: (done: number, total: number) => void
  readonly onWarning: (text: string) => void
}

/** Bars after which the leak test makes the future another. */
const SAMPLES = 12

/** Makes the run again, looks for leaks, and gathers what lies among the runs and sessions of the same code. */
export async function evidenceOf(
  dir: string,
  document: RunDocument,
  settings: Settings,
  host: Host,
): Promise<Evidence> {
  const verification = await verifyRun(dir, settings.store, host.cwd, host.onProgress, { onNotice: host.onWarning })
  const { data, range, reproduce } = document
  const { request } = reproduce
  const series = data.map((one) => one.series)
  const check =
    request === null
      ? null
      : await checkModule(
          {
            module: findProjectFile('strategy', request.strategy, dir, host.cwd),
            from: host.cwd,
            data: series,
            range: { from: range.from, to: range.to },
            set: request.set,
            ...{ samples: SAMPLES, seed: document.seed },
          },
          settings,
          host.onProgress,
        )
  const verdict = judgedBy(await trialOfFolder(dir), { ledger: settings.ledger, onWarning: host.onWarning })
  const overfitting = verdict?.overfitting ?? null
  const trials = verdict?.trials ?? 0
  // of a single trial nothing was chosen: its Sharpe ratio is judged as it stands
  const isAlone = trials === 1
  return {
    document,
    verification,
    check,
    walkForward: walkForwardOf(document, dirname(dir), host.onWarning),
    deflated: {
      figure: (isAlone ? overfitting?.probabilistic : overfitting?.deflated) ?? null,
      trials,
      why: overfitting?.notes['deflated'] ?? 'it has no daily returns that could be compared',
    },
    sessions: sessionsOf(document, settings.out),
  }
}

/** The newest walk-forward of the same strategy, code and series: what was chosen before each test, and how the tests went. */
function walkForwardOf(run: RunDocument, out: string, onWarning: (text: string) => void): WalkForwardDocument | null {
  const names = run.data.map(({ series }) => series).join()
  const found = listRuns(out, onWarning).flatMap(({ dir, document }) => {
    if (isModel(document) || !isSearch(document) || document.kind !== 'walk-forward') return []
    const isOfIt = document.name === run.strategy && document.reproduce.code === run.reproduce.code
    const isOnIt = document.data.map(({ series }) => series).join() === names
    return isOfIt && isOnIt ? [{ document, at: statSync(join(dir, 'run.json')).mtimeMs }] : []
  })
  return found.sort((a, b) => b.at - a.at)[0]?.document ?? null
}

/** Of a session's `parity.json` what the gate looks at. */
const PARITY = z.looseObject({
  session: z.string(),
  code: z.string(),
  params: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  series: z.array(z.string()),
  broker: z.string(),
  mode: z.enum(['live', 'replay']),
  from: z.number(),
  to: z.number(),
  days: z.number().min(0),
  unexplained: z.number(),
  unaccounted: z.array(z.string()),
  causes: z.array(z.looseObject({ cause: z.string(), count: z.number() })),
})

type Session = z.infer<typeof PARITY>

/** Paper sessions of the same code, parameters and series whose parity has been looked at. */
function sessionsOf(run: RunDocument, out: string): readonly Session[] {
  const folder = join(out, 'paper')
  if (!existsSync(folder)) return []
  const traded = run.data.map(({ series }) => series)
  return readdirSync(folder)
    .map((name) => join(folder, name, 'parity.json'))
    .filter((file) => existsSync(file))
    .map(readParity)
    .filter(({ code, params }) => code === run.reproduce.code && sorted(params) === sorted(run.params))
    .filter(({ series }) => [...series].sort().join() === [...traded].sort().join())
}

function sorted(params: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function readParity(file: string): Session {
  const again = `make it again with klinelab parity ${basename(dirname(file))}`
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new DataError(`${file}: is damaged (${(error as Error).message}); ${again}`)
  }
  const { data, error } = PARITY.safeParse(json)
  const [issue] = error?.issues ?? []
  if (issue !== undefined) throw new DataError(`${file}: ${issue.path.join('.')}: ${issue.message}; ${again}`)
  return data!
}

/** The figures of the gate, each with what it must come to. */
export function measure(evidence: Evidence, thresholds: Thresholds): Readonly<Record<GateName, Measured>> {
  const { document, verification, check, deflated } = evidence
  const { problems, same } = verification
  return {
    reproducible: measured(
      { must: 'at most', threshold: 0, unit: 'count' },
      same ? 0 : Math.max(1, problems.length),
      same ? 'things that differ' : problems.join('; '),
    ),
    'leak-free': measured(
      { must: 'at most', threshold: 0, unit: 'count' },
      check === null ? null : check.leaks.length,
      leakWords(check),
    ),
    'out-of-sample': outOfSample(evidence),
    'enough-trades': measured(
      { must: 'at least', threshold: thresholds.trades, unit: 'count' },
      document.metrics['trades'] ?? null,
      'closed trades',
    ),
    'cost-stress': costStress(document, thresholds),
    'clean-data': measured(
      { must: 'at most', threshold: thresholds.faultyBars, unit: 'share' },
      faultyShare(document),
      'of the bars are missing, made or outliers',
    ),
    'walk-forward': walkForward(evidence, thresholds),
    'deflated-sharpe': measured(
      { must: 'at least', threshold: thresholds.deflated, unit: 'share' },
      deflated.figure,
      deflated.figure === null
        ? deflated.why
        : `probability that it is above what the best of ${deflated.trials} trials shows by luck`,
    ),
    ...onPaper(evidence, thresholds),
  }
}

type Rule = Pick<Measured, 'must' | 'threshold' | 'unit'>

function measured(rule: Rule, figure: number | null, words: string): Measured {
  return { figure, ...rule, words }
}

function leakWords(check: Check | null): string {
  if (check === null) return 'its strategy was handed over by a script: nobody can run it with other futures'
  if (check.leaks.length > 0) return check.leaks.map(({ text }) => text).join('; ')
  return `peeks, with other futures after ${check.samples} bars`
}

function costStress({ stress, reproduce }: RunDocument, { breakEven }: Thresholds): Measured {
  const rule = { must: 'at least', threshold: breakEven, unit: 'times' } as const
  if (stress === null) return measured(rule, null, `was not looked at; make the run with ${reproduce.command} --stress`)
  if (stress.breakEvenBps === null)
    return measured(rule, null, 'there is nothing to lose: it earns nothing before costs')
  const words = 'cost of a side at which nothing is left, by the cost that was paid'
  return measured(rule, stress.paidBps === 0 ? null : stress.breakEvenBps / stress.paidBps, words)
}

function outOfSample({ document, walkForward: found }: Evidence): Measured {
  const { models, metrics, reproduce, data } = document
  const rule = { must: 'above', threshold: 0, unit: 'share' } as const
  const isOfModels = models.used.length > 0 && !models.inSample
  if (isOfModels && !models.used.some(({ isFromElsewhere, learnsFromLater }) => isFromElsewhere || learnsFromLater))
    return measured(rule, metrics['totalReturn'] ?? null, 'return on bars that its models have not learnt from')
  if (found !== null) return measured(rule, found.metrics['totalReturn'] ?? null, `return of the tests of ${found.run}`)
  const names = data.map(({ series }) => series).join(' ')
  const command = `klinelab walk-forward ${reproduce.request?.strategy ?? document.strategy} --data ${names} …`
  return measured(rule, null, `nothing among the runs says; make a walk-forward of it: ${command}`)
}

/** Two must hold: the efficiency is shown where it is not enough, else the windows. */
function walkForward({ walkForward: found }: Evidence, { efficiency, profitable }: Thresholds): Measured {
  const rule = { must: 'at least', threshold: efficiency, unit: 'share' } as const
  if (found === null) return measured(rule, null, 'there is no walk-forward of this code on these series')
  const kept = found.efficiency
  if (kept === null || kept < efficiency) return measured(rule, kept, `walk-forward efficiency of ${found.run}`)
  return measured(
    { ...rule, threshold: profitable },
    found.profitable,
    `of the test windows of ${found.run} made money`,
  )
}

function faultyShare({ certificates }: RunDocument): number | null {
  const count = (gaps: readonly { readonly bars: number }[] = []) => gaps.reduce((sum, { bars }) => sum + bars, 0)
  let [faulty, all] = [0, 0]
  for (const { rows, gaps, made, outliers } of certificates) {
    const missing = count(gaps)
    faulty += missing + count(made) + new Set(outliers.map(({ openTime }) => openTime)).size
    all += rows + missing
  }
  return all === 0 ? null : faulty / all
}

function onPaper({ sessions, document }: Evidence, { paperDays }: Thresholds) {
  const command = `klinelab paper ${document.reproduce.request?.strategy ?? document.strategy} …, then klinelab parity`
  // what is played from a store or by a simulated exchange has happened already: it proves parity, and no day on paper
  const live = sessions.filter(({ mode, broker }) => mode === 'live' && !broker.startsWith('exchange'))
  const names = live.map(({ session }) => session).join(', ')
  const strange = sessions.filter((session) => !isAccounted(session))
  return {
    'paper-days': measured(
      { must: 'at least', threshold: paperDays, unit: 'days' },
      live.length === 0 ? null : daysOf(live),
      live.length === 0
        ? `no session on live bars, of this code, these parameters and series, has been compared: ${command}`
        : `on paper, in ${names}`,
    ),
    'paper-parity': measured(
      { must: 'at most', threshold: 0, unit: 'count' },
      sessions.length === 0 ? null : strange.length,
      strange.length === 0
        ? 'sessions with a difference from the backtest that has no cause, or is of somebody else on the account'
        : `sessions with a difference from the backtest that has no cause, or is of somebody else on the account: ${strange.map(({ session }) => session).join(', ')}`,
    ),
  }
}

/** Days that were traded; those that two sessions share count once. */
function daysOf(sessions: readonly Session[]): number {
  let [days, until] = [0, Number.NEGATIVE_INFINITY]
  for (const { from, to, days: own } of [...sessions].sort((a, b) => a.from - b.from)) {
    const fresh = Math.max(0, to - Math.max(from, until))
    if (to > from) days += own * (fresh / (to - from))
    until = Math.max(until, to)
  }
  return days
}
