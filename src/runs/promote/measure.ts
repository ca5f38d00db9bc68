import { isAccounted } from '../../core/parity.ts'
import type { Check } from '../check.ts'
import type { GateName, Measured, Thresholds } from './checklist.ts'
import { daysOf } from './compared-sessions.ts'
import type { Evidence } from './evidence.ts'

/**
 * The figures of the gate, each with what it must come to. One that nothing was there for is `null`, never the 0 that would pass, and
 * has the commands that would bring it.
 */
export function measure(evidence: Evidence, thresholds: Thresholds): Readonly<Record<GateName, Measured>> {
  const { document, verification } = evidence
  const { problems, same } = verification
  return {
    reproducible: measured(
      { must: 'at most', threshold: 0, unit: 'count' },
      same ? 0 : Math.max(1, problems.length),
      same ? 'things that differ' : problems.join('; '),
    ),
    'leak-free': leakFree(evidence),
    'out-of-sample': outOfSample(evidence),
    'enough-trades': measured(
      { must: 'at least', threshold: thresholds.trades, unit: 'count' },
      document.metrics['trades'] ?? null,
      'closed trades',
    ),
    'cost-stress': costStress(evidence, thresholds),
    'clean-data': cleanData(evidence, thresholds),
    'walk-forward': walkForward(evidence, thresholds),
    'deflated-sharpe': deflatedSharpe(evidence, thresholds),
    'paper-days': paperDays(evidence, thresholds),
    'paper-parity': paperParity(evidence),
  }
}

type Rule = Pick<Measured, 'must' | 'threshold' | 'unit'>

function measured(rule: Rule, figure: number | null, words: string, commands: readonly string[] = []): Measured {
  return { figure, ...rule, words, commands: figure === null ? commands : [] }
}

function leakFree({ check, whyUnchecked }: Evidence): Measured {
  const rule = { must: 'at most', threshold: 0, unit: 'count' } as const
  if (check === null) return measured(rule, null, whyUnchecked)
  if (check.leaks.length > 0) return measured(rule, check.leaks.length, check.leaks.map(({ text }) => text).join('; '))
  const unseen = unseenOf(check)
  if (unseen.length > 0) return measured(rule, null, unseen.join('; '))
  return measured(rule, 0, `peeks, with other futures after ${check.samples} bars`)
}

/** What the check had nothing to hold against another future of. */
function unseenOf({ parts, samples }: Check): readonly string[] {
  if (samples === 0 || parts.every(({ compared }) => compared === 0)) return ['nothing was held against another future']
  return parts
    .filter(({ part, verdict, note }) => verdict === 'not checked' || (part === 'decisions' && note !== null))
    .map(({ part, of, note }) => `${part} of ${of}: ${note ?? 'not checked'}`)
}

function costStress({ document, commands }: Evidence, { breakEven }: Thresholds): Measured {
  const rule = { must: 'at least', threshold: breakEven, unit: 'times' } as const
  const { stress } = document
  if (stress === null) return measured(rule, null, 'was not looked at: make the run with --stress', commands.stress)
  if (stress.breakEvenBps === null)
    return measured(rule, null, 'there is nothing to lose: it earns nothing before costs')
  if (stress.paidBps === 0) return measured(rule, null, 'it paid no costs that could be compared')
  const words = 'cost of a side at which nothing is left, by the cost that was paid'
  return measured(rule, stress.breakEvenBps / stress.paidBps, words)
}

function outOfSample({ document, walkForward: found, commands }: Evidence): Measured {
  const { models, metrics } = document
  const rule = { must: 'above', threshold: 0, unit: 'share' } as const
  const isOfModels = models.used.length > 0 && !models.inSample
  if (isOfModels && !models.used.some(({ isFromElsewhere, learnsFromLater }) => isFromElsewhere || learnsFromLater))
    return measured(rule, metrics['totalReturn'] ?? null, 'return on bars that its models have not learnt from')
  if (found !== null) return measured(rule, found.metrics['totalReturn'] ?? null, `return of the tests of ${found.run}`)
  return measured(rule, null, 'nothing among the runs says: make a walk-forward of it', commands.walkForward)
}

/** Two must hold: the efficiency is shown where it is not enough, else the windows. */
function walkForward({ walkForward: found, commands }: Evidence, { efficiency, profitable }: Thresholds): Measured {
  const rule = { must: 'at least', threshold: efficiency, unit: 'share' } as const
  if (found === null) {
    const words = 'there is no walk-forward of this code on these series'
    return measured(rule, null, words, commands.walkForward)
  }
  const { windows, run } = found
  const kept = found.efficiency
  if (kept === null) {
    const why = found.notes['efficiency'] ?? 'it is not known'
    return measured(rule, null, `walk-forward efficiency of ${run}: ${why}`)
  }
  if (kept < efficiency) return measured(rule, kept, `walk-forward efficiency of ${run}`)
  // a window in which nothing could be chosen has made no money
  const traded = windows.filter(({ outOfSample }) => outOfSample !== null).length
  const share = found.profitable === null ? null : (found.profitable * traded) / windows.length
  return measured({ ...rule, threshold: profitable }, share, `of the test windows of ${run} made money`)
}

function deflatedSharpe({ deflated, commands }: Evidence, thresholds: Thresholds): Measured {
  const { figure, trials, why, isCounted } = deflated
  const rule = { must: 'at least', threshold: thresholds.deflated, unit: 'share' } as const
  if (figure === null) return measured(rule, null, why, isCounted ? [] : commands.backtest)
  const above = trials === 1 ? '0: it is the only trial' : `what the best of ${trials} trials shows by luck`
  return measured(rule, figure, `probability that it is above ${above}`)
}

function cleanData({ document: { data, certificates }, commands }: Evidence, { faultyBars }: Thresholds): Measured {
  const rule = { must: 'at most', threshold: faultyBars, unit: 'share' } as const
  const bare = data.filter(({ series }) => !certificates.some((one) => one.series === series && one.rows > 0))
  if (bare.length > 0) {
    const names = bare.map(({ series }) => series)
    return measured(rule, null, `the run has no certificate of ${names.join(', ')}`, commands.backtest)
  }
  const count = (gaps: readonly { readonly bars: number }[] = []) => gaps.reduce((sum, { bars }) => sum + bars, 0)
  let [faulty, all] = [0, 0]
  for (const { rows, gaps, made, outliers } of certificates) {
    const missing = count(gaps)
    faulty += missing + count(made) + new Set(outliers.map(({ openTime }) => openTime)).size
    all += rows + missing
  }
  return measured(rule, all === 0 ? null : faulty / all, 'of the bars are missing, made or outliers')
}

function paperDays({ sessions, commands }: Evidence, thresholds: Thresholds): Measured {
  const rule = { must: 'at least', threshold: thresholds.paperDays, unit: 'days' } as const
  // what is played from a store or by a simulated exchange has happened already: it proves parity, and no day on paper
  const live = sessions.filter(({ mode, broker }) => mode === 'live' && !broker.startsWith('exchange'))
  if (live.length === 0) {
    const words = 'no session on live bars, of this code, these parameters and series, has been compared'
    return measured(rule, null, words, commands.paper)
  }
  return measured(rule, daysOf(live), `on paper, in ${live.map(({ session }) => session).join(', ')}`)
}

function paperParity({ sessions, uncompared, commands }: Evidence): Measured {
  const rule = { must: 'at most', threshold: 0, unit: 'count' } as const
  const strange = sessions.filter((session) => !isAccounted(session))
  // one that traded on no bar has nothing that could differ
  const compared = sessions.filter((session) => session.days > 0 || strange.includes(session))
  const others = uncompared.map((name) => `klinelab parity ${name}`)
  // whoever could leave out the one that went wrong would pass
  if (strange.length === 0 && uncompared.length > 0) {
    const words = `nobody has compared ${uncompared.join(', ')} with a backtest`
    return measured(rule, null, compared.length === 0 ? words : `${words}; of the others none differs`, others)
  }
  if (compared.length === 0) {
    const words = 'no session of this code, these parameters and series has been compared'
    return measured(rule, null, words, commands.paper)
  }
  const names = strange.length === 0 ? '' : `: ${strange.map(({ session }) => session).join(', ')}`
  const unseen = uncompared.length === 0 ? '' : `; not compared: ${uncompared.join(', ')}`
  const words = `of ${compared.length} compared, sessions with a difference from the backtest that has no cause, or is of somebody else on the account`
  return measured(rule, strange.length, `${words}${names}${unseen}`)
}
