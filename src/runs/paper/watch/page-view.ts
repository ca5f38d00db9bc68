import { closeTimeOf } from '../../../core/interval.ts'
import { amountDigits } from '../../../report/format.ts'
import { isOfHalt, type KnownAlarm, subjectOf } from '../alarm.ts'
import { isSimulated } from '../begun-anew.ts'
import type { PaperSession } from '../session.ts'
import type { EquityWatch } from './equity-watch.ts'
import type { Expectation } from './expectation.ts'
import { staleReason } from './freshness.ts'

/** Newest fills that a page lists, and alarms beside those that stand. */
const [FILLS, ALARMS] = [25, 25]

/** Of what is over its kind says what it was; that text, and what to do, is in the log. */
const withSubject = (alarm: KnownAlarm) => ({ ...alarm, ...(alarm.ended != null && { subject: subjectOf(alarm) }) })

const isStanding = ({ ended }: KnownAlarm) => ended === null

/** What changes from bar to bar on the page of a session. */
export function pageView(session: PaperSession, equity: EquityWatch, now: number) {
  const { state, at, waiting, cash, position, openOrders, fills, alarms, counters, timings, series, drift, champions } =
    session.snapshot()
  const isLive = session.file.mode.kind === 'live'
  return {
    ...{ state, at, cash, position, openOrders, counters, timings, drift, champions, now },
    drawdown: equity.drawdown,
    equity: session.state.run.account().equity,
    trouble: staleReason(session, now),
    waiting: waiting?.text ?? null,
    halted: state === 'halted' ? haltReasons(session, alarms) : [],
    fills: fills.slice(-FILLS).reverse(),
    // what stands comes first: it is what somebody has to look at
    alarms: [
      ...alarms.filter(isStanding).reverse(),
      ...alarms
        .filter((one) => !isStanding(one))
        .slice(-ALARMS)
        .reverse()
        .map(withSubject),
    ],
    series: series.map((one, slot) => ({
      ...one,
      due: isLive ? closeTimeOf(session.state.nextOf(slot), session.state.seriesOf(slot).interval) : null,
    })),
  }
}

/** Why nothing is opened, as it was said: by the alarms that have halted the session, or by a limit of risk. */
export function haltReasons(
  { state }: Pick<PaperSession, 'state'>,
  alarms: readonly KnownAlarm[],
): readonly { readonly at: number; readonly text: string }[] {
  const said = alarms.filter((one) => isStanding(one) && isOfHalt(one.stands ?? ''))
  if (said.length > 0) return said.map(({ at, kind, text }) => ({ at, text: `${kind}: ${text}` }))
  const limit = state.run.events.findLast((event) => event.type === 'halted')
  if (limit === undefined) return []
  const { at, rule, value } = limit
  return [{ at, text: `${rule}: ${value}${limit.limit === '' ? '' : ` (limit ${limit.limit})`}` }]
}

/** What a page shows that does not change: what the session is, and what is expected of it. */
export function pageFrame(session: PaperSession, expectation: Expectation) {
  const { file } = session
  const params = Object.entries(file.params).map(([name, value]) => `${name}=${value}`)
  const series = file.slots.map((slot) => slot.series).join(', ')
  const digits = (level: number) => Number(level.toPrecision(6))
  return {
    ...{
      quote: file.quote,
      mode: file.mode.kind,
      hasOwnTime: isSimulated(file.broker),
      startEquity: file.cash,
      from: file.from,
    },
    digits: amountDigits(file.cash),
    remarks: session.snapshot().remarks,
    facts: [
      [file.strategy.name, ...params].join(' '),
      `${isSimulated(file.broker) ? 'the exchange’s own' : file.mode.kind === 'live' ? 'live' : 'replayed'} bars of ${series}`,
      `orders go to ${file.broker}`,
    ].join(' · '),
    expectation:
      'reason' in expectation
        ? { reason: expectation.reason }
        : {
            ...{ run: expectation.run, words: expectation.words },
            low: [...expectation.cone.low].map(digits),
            middle: [...expectation.cone.middle].map(digits),
            high: [...expectation.cone.high].map(digits),
          },
  }
}
