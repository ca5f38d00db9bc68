import { isLoopback } from '../data/serve/gatekeeper.ts'
import { SYSTEM_CLOCK } from '../data/stream/stream-clock.ts'
import type { Alarm } from '../runs/paper/alarm.ts'
import type { PaperSession } from '../runs/paper/session.ts'
import { expectationOf } from '../runs/paper/watch/expectation.ts'
import { type LogEntry, lineOf } from '../runs/paper/watch/log-entry.ts'
import { type Redact, redactor } from '../runs/paper/watch/redaction.ts'
import { Watch } from '../runs/paper/watch/watch.ts'
import { KEY_NAME, LEAST_CHARACTERS } from '../runs/paper/watch/watch-key.ts'
import { parseWebhook, webhookSecrets } from '../runs/paper/watch/webhook.ts'
import { ownSecretsHider } from '../runs/secrets.ts'
import { UsageError } from '../runs/usage-error.ts'
import type { Flag, Flags } from './command.ts'
import { number } from './flags.ts'
import type { Io } from './io.ts'
import { alarmText } from './paper-text.ts'

/** Where it is looked for when nobody says. */
const [DASHBOARD, METRICS] = [7788, 9464]
const HOST = '127.0.0.1'

const port = (help: string, bare: number): Flag => ({
  ...number(help, 'PORT', { min: 0, max: 65_535, isWhole: true }),
  bare,
})

/** How a session is watched. */
export const WATCH: Flags = {
  dashboard: port(
    `serve a page to watch it on, at http://127.0.0.1:PORT/ with /metrics and /healthz (built in: none; without a PORT ${DASHBOARD}, 0: one that is free); after a replay it stays until Ctrl-C where stderr is a terminal`,
    DASHBOARD,
  ),
  metrics: port(
    `serve /metrics for Prometheus and /healthz alone (built in: none; without a PORT ${METRICS})`,
    METRICS,
  ),
  host: {
    help: `address that these are bound to (built in: 127.0.0.1; others want a key of your own in ${KEY_NAME})`,
    value: 'ADDRESS',
  },
  expect: {
    help: 'run that equity and drift are held against (built in: the newest of the same strategy, code, parameters and series)',
    value: 'RUN',
  },
  webhook: {
    help: 'where every alarm is posted to as JSON: https, or http on this machine (built in: nowhere)',
    value: 'URL',
  },
}

export interface WatchFlags {
  readonly dashboard?: number
  readonly metrics?: number
  readonly host?: string
  readonly expect?: string
  readonly webhook?: string
  readonly json?: boolean
}

/** What is asked for, checked before a session is opened. */
export interface Watching {
  readonly flags: WatchFlags
  readonly webhook: URL | null
  /** What whoever looks must have; `null`: nothing. */
  readonly key: string | null
  readonly redact: Redact
}

/** @throws UsageError for an address that is none or wants a key that is not set, or flags that ask for nothing without another */
export function watchingOf(flags: WatchFlags, io: Io): Watching {
  const webhook = flags.webhook === undefined ? null : parseWebhook(flags.webhook)
  const isServed = (flags.dashboard ?? flags.metrics) !== undefined
  if (flags.host !== undefined && !isServed)
    throw new UsageError('--host is of --dashboard and --metrics: add one of them, or leave it out')
  const hide = ownSecretsHider(io.env)
  const secrets = webhook === null ? [] : webhookSecrets(webhook)
  return {
    flags,
    webhook,
    key: isServed ? keyOf(io, flags.host ?? HOST) : null,
    redact: redactor((text) => secrets.reduce((rest, one) => rest.replaceAll(one, '***'), hide(text))),
  }
}

/** It is asked for wherever it is set, on loopback too, where other users of this machine are. */
function keyOf({ env }: Io, host: string): string | null {
  const key = env[KEY_NAME] ?? ''
  if (key === '') {
    if (isLoopback(host)) return null
    throw new UsageError(
      `--host ${host} can be reached from other machines: set ${KEY_NAME} to a key of your own first, of ${LEAST_CHARACTERS} characters or more (openssl rand -hex 16)`,
    )
  }
  // neither is any part of it said
  if (key.length < LEAST_CHARACTERS)
    throw new UsageError(
      `${KEY_NAME} has ${key.length} characters, which can be guessed: give it ${LEAST_CHARACTERS} or more`,
    )
  return key
}

/**
 * Begins to watch a session.
 * @param isFast bars come as fast as they are taken: what each of them did is for the log file alone
 */
export async function watchSession(
  session: PaperSession,
  { flags, webhook, key, redact }: Watching,
  io: Io,
  { out, now, isFast }: { readonly out: string; readonly now: () => number; readonly isFast: boolean },
): Promise<Watch> {
  const { dashboard, metrics, host = HOST, expect, json = false } = flags
  const say = (text: string, stream: NodeJS.WriteStream = process.stderr) => {
    io.clear()
    stream.write(`${text}\n`)
  }
  const isTerminal = process.stderr.isTTY === true && io.isColourful
  const named = expect === undefined ? {} : { named: expect }
  const watch = await Watch.open(session, {
    ...{ redact, now, webhook, key, clock: SYSTEM_CLOCK },
    // with --json stdout is one document
    onAlarm: (alarm: Alarm) => say(alarmText(alarm), json ? process.stderr : process.stdout),
    onEntry: (entry: LogEntry) => {
      const isOwn = entry.event === 'log' || entry.event === 'watch'
      if (entry.level !== 'debug' && (isOwn || !isFast)) say(lineOf(entry, isTerminal))
    },
    dashboard:
      dashboard === undefined
        ? null
        : {
            host,
            port: dashboard,
            expectation: await expectationOf(session.file, { out, cwd: io.cwd, now: now(), ...named }),
          },
    metrics: metrics === undefined ? null : { host, port: metrics },
  })
  const door = key === null ? '' : ` (any name, and the key of ${KEY_NAME})`
  for (const [k, address] of watch.addresses.entries())
    say(`watch it at ${address}${k === 0 && dashboard !== undefined ? '' : 'metrics'}${door}`)
  return watch
}

/** A replay is soon over: whoever looks at its page on a terminal goes on looking until Ctrl-C. */
export async function lastLook(watch: Watch, { flags }: Watching, signal: AbortSignal): Promise<void> {
  if (flags.dashboard === undefined || process.stderr.isTTY !== true || signal.aborted) return
  process.stderr.write(`it has ended; ${watch.addresses[0]} stays until Ctrl-C\n`)
  await new Promise((resolve) => signal.addEventListener('abort', resolve))
}
