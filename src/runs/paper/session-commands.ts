import type { StreamClock } from '../../data/stream/stream-clock.ts'
import type { InputQueue } from './input-queue.ts'
import { PAUSES } from './live-run.ts'
import type { SessionFile } from './session-file.ts'
import type { JournalRecord, PaperCommand } from './session-record.ts'
import type { SessionState } from './session-state.ts'

/** Longest that whoever lets trading go on waits for what the broker finds then, ms. */
const ANSWER = 5000

interface CommandsOptions {
  readonly file: SessionFile
  readonly state: SessionState
  readonly queue: InputQueue
  /** This machine's. */
  readonly real: StreamClock
  /** As late as the session says it is, UTC ms. */
  readonly now: () => number
}

/** How trading is halted, everything closed, or trading let go on: by a person, by a rule, by the broker. */
export class SessionCommands {
  readonly #options: CommandsOptions
  /** What follows from the last command by which a person let trading go on. */
  #looked: Promise<void> = Promise.resolve()

  constructor(options: CommandsOptions) {
    this.#options = options
  }

  /** Resolves when it has acted. */
  async give(command: PaperCommand, why: string, by: string): Promise<void> {
    await this.#put(command, why, by)
    if (command === 'resume' && !PAUSES.includes(by)) await this.#looked
  }

  /** What a person is told that was done is on the disk, with what was accepted by it, and is so after a kill or a power cut. */
  async obey(command: PaperCommand, why: string): Promise<void> {
    const late = Promise.withResolvers<void>()
    const cancel = this.#options.real.after(ANSWER, late.resolve)
    try {
      await this.#put(command, why, 'a person')
      await this.#options.queue.passed()
      // what is wrong still halts it again: whoever asked is told, unless the exchange takes its time
      if (command === 'resume') await Promise.race([this.#looked, late.promise])
    } finally {
      cancel()
    }
  }

  /** Does what is set for a rule that is broken. */
  act(rule: 'stale-data' | 'clock-offset', text: string): void {
    const { file, state } = this.#options
    const action = file.safety.on[rule]
    const { standing } = state.run
    if (action === 'none' || standing === action || standing === 'flatten') return
    // a queue that has failed ends the session by itself
    this.give(action, `${rule}: ${text}`, `rule ${rule}`).catch(() => undefined)
  }

  /** Trading goes on by a person's command: whoever gave it hears what the broker has found. */
  looking(looked: Promise<void>): void {
    this.#looked = looked
    this.#looked.catch(() => undefined)
  }

  #put(command: PaperCommand, why: string, by: string): Promise<unknown> {
    const { queue, now } = this.#options
    return queue.put({ kind: 'command', at: now(), command, why, by })
  }
}

/** Whether it is a person's, by which trading goes on; what only paused by itself is no matter of theirs. */
export function isResume(record: JournalRecord): record is Extract<JournalRecord, { kind: 'command' }> {
  return record.kind === 'command' && record.command === 'resume' && !PAUSES.includes(record.by)
}
