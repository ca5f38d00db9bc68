import { type Alarm, isOfHalt, isOfProcess, type KnownAlarm } from './alarm.ts'
import { endAlarms, keepAlarm, known, readAlarms } from './alarm-file.ts'
import type { SessionEvent } from './session-event.ts'

interface AlarmBookOptions {
  /** A session's folder. */
  readonly dir: string
  readonly redact: <T>(value: T) => T
  readonly tell: (event: SessionEvent) => void
}

/** The alarms of a session, those before its process included: what has gone off, since when it stands, and when it was over. */
export class AlarmBook {
  readonly #options: AlarmBookOptions
  readonly #all: KnownAlarm[]
  /** What stands, so that the many inputs that end nothing cost nothing. */
  readonly #standing: Set<string>

  constructor(options: AlarmBookOptions) {
    this.#options = options
    this.#all = readAlarms(options.dir)
    this.#standing = new Set(this.#all.flatMap(({ stands, ended }) => (ended === null ? [stands!] : [])))
  }

  /** Oldest first. */
  get all(): readonly KnownAlarm[] {
    return this.#all
  }

  raise(said: Alarm): void {
    const { dir, redact, tell } = this.#options
    const alarm = redact(said)
    this.#all.push(known(alarm))
    if (alarm.stands !== undefined) this.#standing.add(alarm.stands)
    keepAlarm(dir, alarm)
    tell({ type: 'alarm', alarm })
  }

  /** What alarms were of is over, if there were any. */
  end(what: string, at: number): void {
    if (this.#standing.size === 0) return
    const { dir, redact, tell } = this.#options
    const stands = redact(what)
    if (!this.#standing.delete(stands)) return
    keepAlarm(dir, { over: stands, at })
    for (const alarm of endAlarms(this.#all, stands, at)) tell({ type: 'over', alarm, at })
  }

  /** The process that saw to feed and broker is gone, or goes: what was wrong with them is no more. */
  endOfProcess(at: number): void {
    for (const stands of [...this.#standing]) if (isOfProcess(stands)) this.end(stands, at)
  }

  /** A person has looked, and trading goes on: what is wrong still is said again. */
  resumed(at: number): void {
    for (const stands of [...this.#standing]) if (isOfHalt(stands)) this.end(stands, at)
  }
}
