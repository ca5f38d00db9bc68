/** How patient a broker is, ms. */
export interface Timing {
  /** The exchange refuses what arrives later than this after it was signed: so long an unknown order can still come to life. */
  readonly recvWindow: number
  /** Longest that an answer is waited for. */
  readonly timeout: number
  /** Between two questions about the same order, doubled each time up to `maxBackoff`. */
  readonly backoff: number
  readonly maxBackoff: number
  /** A market order that opens is not sent when it is older than this: its price is another by then. */
  readonly entryPatience: number
  /** Longest that a position is held while its stop does not come to rest: then it leaves at the market. */
  readonly naked: number
  /** Longest that trading goes on while the account cannot be compared whole with what the session thinks of it. */
  readonly blind: number
  /** An order that was accepted is on the user stream by then, or the stream is dead. */
  readonly echo: number
  /** Pause after a 429 or 418 that names no time. */
  readonly pause: number
  /** What has not come to rest so long after the session was told to stop is left as it is. */
  readonly stop: number
  /** A listen key is made to live on this often: it lives 60 minutes, and 30 on older servers. */
  readonly keepAlive: number
  /** Ping of the user stream, and how long its answer may take. */
  readonly ping: number
  readonly pong: number
  /** Before a lost stream is made again. */
  readonly reconnect: number
}

export const TIMING: Timing = {
  recvWindow: 5000,
  timeout: 10_000,
  backoff: 250,
  maxBackoff: 10_000,
  entryPatience: 15_000,
  naked: 20_000,
  blind: 3 * 60_000,
  echo: 3000,
  pause: 60_000,
  stop: 20_000,
  keepAlive: 20 * 60_000,
  ping: 10_000,
  pong: 5000,
  reconnect: 500,
}
