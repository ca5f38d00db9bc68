import type { StreamClock } from '../../data/stream/stream-clock.ts'
import type { Settings } from '../settings.ts'
import type { TrainingHost } from '../train-run.ts'
import type { PaperFeed } from './feed.ts'
import type { PaperBroker } from './paper-broker.ts'
import type { PaperRequest } from './paper-request.ts'
import type { Bringing } from './prepare-live.ts'
import type { SessionFile } from './session-file.ts'
import type { ReplayThere } from './wait-watch.ts'

/** What a session is opened with. */
export interface SessionOptions {
  readonly asked: PaperRequest
  readonly settings: Settings
  readonly name?: string
  readonly broker: PaperBroker
  /** Folder of this user in which accounts are held, whatever folder of runs a session is in. */
  readonly accounts: string
  readonly bringing: Bringing
  readonly training?: TrainingHost
  /** Live bars from each series' next on (open times, by slot); instants up to `after` have been taken. Not asked for in a replay. */
  readonly live: (file: SessionFile, next: readonly number[], after: number) => PaperFeed
  readonly clock: StreamClock
  /** How the replay stands where the bars are those of a simulated exchange: when it is over, so is the session. */
  readonly replay?: ReplayThere
  /** This machine's own clock, which a broker signs by; the one above is that of the bars, which may be another's. */
  readonly real: StreamClock
  /** A clock that nobody sets, ms. */
  readonly monotonic: () => number
  /** Of a replay. */
  readonly speed: number | 'max'
  /** What becomes of open orders when it stops. */
  readonly onStop: 'keep' | 'cancel'
  /** Folder of the run that it is held against. Built in: the newest of the same strategy, code, parameters and series. */
  readonly expect?: string
  /** Takes secrets out of what is said and kept. Built in: nothing is secret. */
  readonly redact?: <T>(value: T) => T
}
