import { DAY } from '../../core/interval.ts'
import type { Alarm } from './alarm.ts'
import type { Drift } from './drift.ts'
import type { DriftItem, DriftKind, DriftReport } from './drift-report.ts'
import type { SessionState } from './session-state.ts'

/** By kind: what its alarm is called. */
const ALARMS: Readonly<Record<DriftKind, string>> = {
  feature: 'drift-feature',
  'hit-rate': 'drift-hit-rate',
  return: 'drift-return',
  slippage: 'drift-slippage',
}

/** Whether an alarm says that a session has drifted. */
export function isDrift({ kind, severity }: Alarm): boolean {
  return Object.values(ALARMS).includes(kind) && severity !== 'info'
}

/** So long without drift it is over: a figure that goes to and fro over its threshold is told of once. */
const CALM = 7 * DAY

interface DriftListener {
  onAlarm(alarm: Alarm): void
  /** Hears what an alarm of it stood for. */
  onOver(stands: string, at: number): void
}

/** Looks at the close of each UTC day whether a session has drifted; says so once, and once again when it is over. */
export class DriftWatch {
  readonly #drift: Drift
  readonly #told: DriftListener
  /** When that which has gone off was so last, by alarm. */
  readonly #off = new Map<string, number>()
  #day: number
  #report: DriftReport | null = null

  /** @param said alarms of the session so far: what has been said is not said again when it is taken up */
  constructor(drift: Drift, said: readonly Alarm[], state: SessionState, told: DriftListener) {
    this.#drift = drift
    this.#told = told
    for (const name of Object.values(ALARMS)) {
      const last = said.findLast(({ kind }) => kind === name)
      if (last !== undefined && isDrift(last)) this.#off.set(name, state.run.at)
    }
    this.#day = Math.floor(state.run.at / DAY)
  }

  /** As it was seen last; `null` before that. */
  get report(): DriftReport | null {
    return this.#report
  }

  /** Looks, and says nothing. */
  look(state: SessionState): void {
    this.#report = this.#drift.judge(state)
  }

  /** Right after bars have been taken. @returns whether a day has closed with them */
  take(state: SessionState): boolean {
    const day = Math.floor(state.run.at / DAY)
    if (day === this.#day) return false
    const isFirst = this.#day === 0
    this.#day = day
    if (isFirst) return false
    this.look(state)
    for (const [kind, name] of Object.entries(ALARMS))
      this.#say(
        name,
        this.#report!.items.filter((one) => one.kind === kind),
        this.#report!.at,
      )
    return true
  }

  #say(name: string, items: readonly DriftItem[], at: number): void {
    const drifted = items.filter(({ verdict }) => verdict === 'drifted')
    const since = this.#off.get(name)
    if (drifted.length > 0) {
      if (since === undefined) this.#told.onAlarm(alarmOf(name, drifted, at, true))
      this.#off.set(name, at)
    } else if (since !== undefined && at - since >= CALM && items.some(({ verdict }) => verdict === 'steady')) {
      this.#told.onOver(name, at)
      this.#told.onAlarm(alarmOf(name, items, at, false))
      this.#off.delete(name)
    }
  }
}

function alarmOf(kind: string, items: readonly DriftItem[], at: number, isOff: boolean): Alarm {
  const [first] = items as [DriftItem, ...DriftItem[]]
  const names = items.map(({ name }) => name).join(', ')
  const text =
    items.length === 1 ? `${first.name}: ${first.words}` : isOff ? `${names}: of the first, ${first.words}` : names
  return {
    ...{ at, kind, severity: isOff ? 'warning' : 'info' },
    text: isOff ? `drift: ${text}` : `no drift any more: ${text}`,
    facts: { items: items.map(({ words, ...figures }) => figures) },
    ...(isOff && { stands: kind }),
  }
}
