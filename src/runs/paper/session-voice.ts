import type { Alarm, KnownAlarm } from './alarm.ts'
import { AlarmBook } from './alarm-book.ts'
import type { SessionEvent } from './session-event.ts'
import { SessionListeners } from './session-listeners.ts'

interface VoiceOptions {
  /** The session's folder. */
  readonly dir: string
  /** As late as the session says it is, UTC ms. */
  readonly now: () => number
  /** Takes secrets out of what is said and kept. Built in: nothing is secret. */
  readonly redact: (<T>(value: T) => T) | undefined
}

/** What a session says, without secrets: alarms, which are kept in its folder, and its log. */
export class SessionVoice {
  readonly #options: VoiceOptions
  readonly #listeners = new SessionListeners()
  readonly #alarms: AlarmBook

  constructor(options: VoiceOptions) {
    this.#options = options
    this.#alarms = new AlarmBook({
      dir: options.dir,
      redact: (value) => this.redacted(value),
      tell: (event) => this.tell(event),
    })
  }

  /** Oldest first, those before this process included. */
  get alarms(): readonly KnownAlarm[] {
    return this.#alarms.all
  }

  get isHeard(): boolean {
    return !this.#listeners.isEmpty
  }

  /** @returns what ends it */
  add(listener: (event: SessionEvent) => void): () => void {
    return this.#listeners.add(listener)
  }

  tell(event: SessionEvent): void {
    this.#listeners.tell(event)
  }

  alarm(alarm: Alarm): void {
    this.#alarms.raise(alarm)
  }

  /** What alarms were of is over, if there were any. */
  over(stands: string, at = this.#options.now()): void {
    this.#alarms.end(stands, at)
  }

  /** Trading goes on: what has halted it is over. */
  resumed(at = this.#options.now()): void {
    this.#alarms.resumed(at)
  }

  /** What was wrong with feed and broker is over with the process that saw to them. */
  endOfProcess(): void {
    this.#alarms.endOfProcess(this.#options.now())
  }

  log(level: 'debug' | 'info' | 'warn' | 'error', text: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.tell(this.redacted({ type: 'log', level, text, fields } as const))
  }

  /** Something has failed that ends the session, or should not have. */
  fault(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error)
    this.alarm({ at: this.#options.now(), kind: 'failed', severity: 'critical', text, facts: {} })
  }

  /** From now on much may happen. */
  started(): void {
    this.#listeners.started()
  }

  redacted<T>(value: T): T {
    return this.#options.redact?.(value) ?? value
  }
}
