import { join } from 'node:path'
import { destination as openDestination, pino } from 'pino'
import type { LogEntry, LogLevel } from './log-entry.ts'
import type { Redact } from './redaction.ts'

const NAME = 'log.jsonl'

/** `log.jsonl` of a session's folder: a JSON line each, with the wall clock, and nothing secret in any field. */
export class LogFile {
  readonly #redact: Redact
  readonly #destination: ReturnType<typeof openDestination>
  readonly #logger: ReturnType<typeof pino>
  #isWell = true

  /** @param onFault hears once that lines are lost */
  constructor(dir: string, session: string, redact: Redact, onFault: (text: string) => void, level: LogLevel = 'info') {
    this.#redact = redact
    this.#destination = openDestination({ dest: join(dir, NAME), sync: false, append: true, mkdir: false })
    this.#destination.on('error', (error: Error) => {
      // a disk that is full must not end what trades
      if (this.#isWell) onFault(`${join(dir, NAME)}: lines of the log are lost: ${error.message}`)
      this.#isWell = false
    })
    this.#logger = pino(
      {
        ...{ level, base: { session }, timestamp: pino.stdTimeFunctions.isoTime },
        formatters: { level: (label) => ({ level: label }) },
      },
      this.#destination,
    )
  }

  write({ level, event, at, text, fields }: LogEntry): void {
    // under a name of their own: none of them can pass for one of the line's
    const line = this.#redact({ event, ...(at !== null && { at }), text, fields })
    this.#logger[level]({ event: line.event, ...('at' in line && { at: line.at }), fields: line.fields }, line.text)
  }

  /** Resolves when what was written is in the file. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#destination.once('close', resolve)
      this.#destination.once('error', () => resolve())
      this.#destination.end()
    })
  }
}
