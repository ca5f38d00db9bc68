import { openSync } from 'node:fs'
import { join } from 'node:path'
import { type Logger, destination as openDestination, pino } from 'pino'
import type { LogEntry, LogLevel } from './log-entry.ts'
import type { Redact } from './redaction.ts'

type SonicBoom = ReturnType<typeof openDestination>

const NAME = 'log.jsonl'

/** What is left of a log when its disk is full may take so long to be given up, ms. */
const PATIENCE = 1_000

/** `log.jsonl` of a session's folder: a JSON line each, with the wall clock, and nothing secret in any field. */
export class LogFile {
  readonly #redact: Redact
  /** `null` where the file cannot be had. */
  readonly #open: { readonly destination: SonicBoom; readonly logger: Logger } | null
  #isWell = true

  /** @param onFault hears once that lines are lost: a disk that is full must not end what trades */
  constructor(dir: string, session: string, redact: Redact, onFault: (text: string) => void, level: LogLevel = 'info') {
    this.#redact = redact
    const file = join(dir, NAME)
    const fault = (error: unknown) => {
      // who hears of it may want to log it: not before there is a log
      if (this.#isWell) queueMicrotask(() => onFault(`${file}: lines of the log are lost: ${(error as Error).message}`))
      this.#isWell = false
    }
    this.#open = opened(file, session, level, fault)
  }

  write({ level, event, at, text, fields }: LogEntry): void {
    // under a name of their own: none of them can pass for one of the line's
    const line = this.#redact({ event, ...(at !== null && { at }), text, fields })
    this.#open?.logger[level](
      { event: line.event, ...('at' in line && { at: line.at }), fields: line.fields },
      line.text,
    )
  }

  /** Resolves when what was written is in the file, or is lost. */
  async close(): Promise<void> {
    if (this.#open === null) return
    const { destination } = this.#open
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, PATIENCE)
      const end = () => {
        clearTimeout(timer)
        resolve()
      }
      destination.once('close', end)
      destination.once('error', end)
      destination.end()
    })
    // what nobody could write is not tried again as the process ends
    destination.destroy()
  }
}

function opened(file: string, session: string, level: LogLevel, fault: (error: unknown) => void) {
  try {
    const destination = openDestination({ fd: openSync(file, 'a'), sync: false })
    destination.on('error', fault)
    const logger = pino(
      {
        ...{ level, base: { session }, timestamp: pino.stdTimeFunctions.isoTime },
        formatters: { level: (label) => ({ level: label }) },
      },
      destination,
    )
    return { destination, logger }
  } catch (error) {
    fault(error)
    return null
  }
}
