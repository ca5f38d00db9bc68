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

/** Looks at the close of each UTC day whether a session has drifted; says so once, and once again when it is over. */
export class DriftWatch {
  readonly #drift: Drift
  readonly #onAlarm: (alarm: Alarm) => void
  readonly #off = new Set<string>()
  #day: number
  #report: DriftReport | null = null

  /** @param said alarms of the session so far: what has been said is not said again when it is taken up */
  constructor(drift: Drift, said: readonly Alarm[], state: SessionState, onAlarm: (alarm: Alarm) => void) {
    this.#drift = drift
    this.#onAlarm = onAlarm
    for (const kind of Object.values(ALARMS)) {
      const last = said.findLast((alarm) => alarm.kind === kind)
      if (last !== undefined && isDrift(last)) this.#off.add(kind)
    }
    this.#day = Math.floor(state.run.at / DAY)
  }

  /** As of the last day that has closed; `null` before the first. */
  get report(): DriftReport | null {
    return this.#report
  }

  /** Right after bars have been taken. @returns whether a day has closed with them */
  take(state: SessionState): boolean {
    const day = Math.floor(state.run.at / DAY)
    if (day === this.#day) return false
    const isFirst = this.#day === 0
    this.#day = day
    if (isFirst) return false
    this.look(state)
    return true
  }

  look(state: SessionState): DriftReport {
    const report = this.#drift.judge(state)
    this.#report = report
    for (const [kind, name] of Object.entries(ALARMS)) {
      const own = report.items.filter((one) => one.kind === kind)
      const drifted = own.filter(({ verdict }) => verdict === 'drifted')
      if (drifted.length > 0 === this.#off.has(name)) continue
      // where there is too little to say nothing is over
      if (drifted.length === 0 && own.every(({ verdict }) => verdict === 'unknown')) continue
      this.#onAlarm(alarmOf(name, drifted.length > 0 ? drifted : own, report.at, drifted.length > 0))
      if (drifted.length > 0) this.#off.add(name)
      else this.#off.delete(name)
    }
    return report
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
  }
}
