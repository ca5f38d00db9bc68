import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bars } from '../../core/bar.ts'
import { PLAIN_EXECUTION } from '../../core/execution.ts'
import { closeTimeOf } from '../../core/interval.ts'
import { parseSeries } from '../../core/series.ts'
import { timeName } from '../../core/time.ts'
import { ownCertificate } from '../../exchange/certificate.ts'
import { Exchange, type ExchangeOptions, type Speed } from '../../exchange/exchange.ts'
import { type FaultSpec, parseFault } from '../../exchange/fault-spec.ts'
import { PRODUCTION_HOSTS } from '../../exchange/production-hosts.ts'
import { replaySlots } from '../../runs/replay-slots.ts'
import type { Settings } from '../../runs/settings.ts'
import { UsageError, usage } from '../../runs/usage-error.ts'
import type { Command } from '../command.ts'
import { exchangeKeys } from '../exchange-keys.ts'
import { EXCHANGE_NOTES, faultLine, faultList, startText } from '../exchange-text.ts'
import { COSTS, number, oneOf, RANGE, RUN, readingSettingsOf, STORE } from '../flags.ts'
import { interruptible, onTerminate } from '../interrupt.ts'
import type { Io } from '../io.ts'
import { streamOf } from '../live-stream.ts'

interface Flags {
  replay?: string[]
  live?: string[]
  from?: number
  to?: number
  speed?: Speed
  history?: number
  host?: string
  port?: number
  controlPort?: number
  tls?: boolean
  tlsDir?: string
  tlsCert?: string
  tlsKey?: string
  hostName?: string[]
  fault?: FaultSpec[]
  seed?: number
  shape?: '2025' | '2026'
  listenKeyMinutes?: number
  listFaults?: boolean
  untilEnd?: boolean
}

const PORT = 8787
const HISTORY = 20_000
const MOST_PORT = 65_535

/** Requests take as long as they take: the wire has a latency of its own. */
const { latency: _, 'cancel-latency': __, ...HELD_COSTS } = COSTS

const port = (help: string) => number(help, 'PORT', { min: 0, max: MOST_PORT, isWhole: true })

export default {
  words: '',
  flags: {
    replay: {
      help: 'series whose stored bars are played, of Binance, spot or perpetuals (built in: none, say this or --live)',
      value: 'SERIES',
      isList: true,
    },
    live: {
      help: 'series whose bars come from Binance as they close, after the stored ones (built in: none)',
      value: 'SERIES',
      isList: true,
    },
    ...RANGE,
    speed: {
      help: 'how many times real time (60x), max, or step: pause by pause (built in: 60x)',
      value: 'SPEED',
      parse: speed,
    },
    history: number('bars before --from that clients can ask for (built in: 20000)', 'BARS', { min: 0, isWhole: true }),
    host: { help: 'address to listen on (built in: 127.0.0.1; others want keys of your own)', value: 'ADDRESS' },
    port: port('port of REST and websockets, 0: whichever is free (built in: 8787)'),
    'control-port': port('port of POST /step, /fault, /sockets, /act, on loopback (built in: none)'),
    tls: { help: 'speak TLS, with a certificate for loopback and Binance’s host names' },
    'tls-dir': { help: 'folder of that certificate (built in: exchange-tls beside the runs)', value: 'DIR' },
    'tls-cert': { help: 'a certificate of your own, PEM (built in: one is made)', value: 'FILE' },
    'tls-key': { help: 'its key, PEM (built in: of the one that is made)', value: 'FILE' },
    'host-name': { help: 'a name it answers to besides loopback’s (built in: none)', value: 'NAME', isList: true },
    fault: {
      help: 'what goes wrong: unknown,route=POST /fapi/v1/order,nth=2 or trigger-rejected,symbol=BTCUSDT,p=0.5 (see --list-faults; built in: nothing)',
      value: 'SPEC',
      isList: true,
      parse: parseFault,
    },
    'list-faults': { help: 'print what can go wrong, and end' },
    seed: number('of chances: faults, and events ahead of answers (built in: 0)', 'N', { min: 0, isWhole: true }),
    shape: oneOf('replies to new orders as of which year: 2025’s have avgPrice (built in: 2026)', '2025', '2026'),
    'listen-key-minutes': number('life of a listenKey (built in: 60)', 'N', { above: 0 }),
    'until-end': { help: 'end when the last bar has closed, instead of answering on' },
    cash: RUN['cash']!,
    ...HELD_COSTS,
    'limit-touch': RUN['limit-touch']!,
    ...STORE,
    config: RUN['config']!,
  },
  example:
    'klinelab exchange --replay binance-usdm:BTCUSDT:1h --from 2025-07-31 --to 2025-08-01 --speed max --port 0 --until-end',
  notes: EXCHANGE_NOTES,
  async run(args, io) {
    const flags = args.flags as unknown as Flags
    if (flags.listFaults) return { json: { faults: faultList() }, text: faultList() }
    const { from, to, history = HISTORY, live, replay = live, host = '127.0.0.1' } = flags
    if (replay === undefined)
      throw new UsageError('an exchange needs bars, and --replay is missing: write --replay binance-usdm:BTCUSDT:1h')
    checkLive(flags)
    const keys = exchangeKeys(io, host)
    const settings = await readingSettingsOf(args, io)
    const isLive = live !== undefined
    const isJson = args.flags['json'] === true
    const asked = {
      series: replay,
      history,
      isLive,
      ...(from !== undefined && { from }),
      ...(to !== undefined && { to }),
    }
    const { kind, slots, remarks } = await replaySlots(asked, settings)
    for (const remark of remarks) io.warn(remark)
    const certificate = await certificateOf(flags, settings.out, io)
    const options: ExchangeOptions = {
      ...{ kind, slots, keys, host, tls: certificate },
      ...exchangeOptions(flags, settings),
      hosts: [...(flags.hostName ?? []), ...(certificate === null ? [] : certificate.hosts)],
      // stdout is for whoever waits for it to listen, and may not be read on
      onFault: (note) => void process.stderr.write(faultLine(note, exchange.market.now(), isJson)),
      onError: (error) => io.warn(`a request failed: ${(error as Error).stack ?? error}`),
    }
    const exchange: Exchange = usage(() => new Exchange(options))
    const ports = await exchange.listen().catch(async (error) => {
      await exchange.close()
      throw portError(error, options)
    })
    const scheme = certificate === null ? 'http' : 'https'
    const started = {
      origin: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${ports.port}`,
      ...ports,
      kind,
      symbols: slots.map(({ instrument }) => instrument.symbol),
      begin: exchange.market.now(),
      bars: slots.reduce((sum, slot) => sum + slot.bars.length - slot.startRow, 0),
    }
    const print = (json: object, text: string) => process.stdout.write(isJson ? `${JSON.stringify(json)}\n` : text)
    print({ event: 'listening', ...started }, startText(started, certificate?.file ?? null, keys))
    const isInterrupted = await served(exchange, flags.untilEnd === true, () => {
      if (!isLive) return { playing: exchange.run(), stop: () => undefined }
      const series = live.map(parseSeries)
      const next = new Map(slots.map(({ bars }) => [bars.series.symbol, closedUntil(bars)]))
      const stream = streamOf(series, ({ symbol }) => next.get(symbol) ?? null, io, io.warn)
      return { playing: exchange.follow(stream, io.warn), stop: () => void stream.close() }
    })
    const ended = { event: 'ended', at: exchange.market.now() }
    print(ended, `ended at ${timeName(ended.at)}\n`)
    return { json: undefined, text: '', isPrinted: true, ...(isInterrupted && { code: 130 }) }
  },
} satisfies Command

function exchangeOptions(flags: Flags, settings: Settings) {
  const { latency, cancelLatency } = PLAIN_EXECUTION
  return {
    ...{ cash: settings.cash, limitTouch: settings.limitTouch },
    ...{ port: flags.port ?? PORT, controlPort: flags.controlPort ?? null },
    speed: flags.live === undefined ? (flags.speed ?? 60) : 'max',
    ...{ faults: flags.fault ?? [], seed: flags.seed ?? 0, shape: flags.shape ?? '2026' },
    execution: { ...settings.execution, latency, cancelLatency },
    listenKeyMinutes: flags.listenKeyMinutes ?? 60,
  } as const
}

/** What a replay can be told, and live bars cannot. */
function checkLive({ live, replay, from, to, speed }: Flags): void {
  if (live === undefined) return
  if (replay !== undefined) throw new UsageError('--live and --replay exclude one another: say one of them')
  if (from !== undefined || to !== undefined || speed !== undefined)
    throw new UsageError('--from, --to and --speed are of a replay: leave them out with --live')
}

function closedUntil({ openTime, length, series }: Bars): number {
  return closeTimeOf(openTime[length - 1]!, series.interval)
}

/** Answers until it is stopped, or until the last bar where that is the end. @returns whether somebody interrupted it */
async function served(
  exchange: Exchange,
  isUntilEnd: boolean,
  begin: () => { readonly playing: Promise<void>; readonly stop: () => void },
): Promise<boolean> {
  return interruptible(async (interrupt) => {
    const term = onTerminate()
    const signal = AbortSignal.any([interrupt, term.signal])
    const stopped = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true })
      if (signal.aborted) resolve()
    })
    const { playing, stop } = begin()
    try {
      await Promise.race([stopped, isUntilEnd ? playing : playing.then(() => stopped)])
    } finally {
      term.end()
      stop()
      await exchange.close()
    }
    await playing
    return interrupt.aborted
  })
}

function speed(text: string): Speed {
  if (text === 'max' || text === 'step') return text
  const times = /^(\d+(?:\.\d+)?)x?$/.exec(text)
  if (times === null || !(Number(times[1]) > 0))
    throw new RangeError(`"${text}" is not allowed; write 60x, max or step`)
  return Number(times[1])
}

async function certificateOf({ tls, tlsDir, tlsCert, tlsKey }: Flags, out: string, io: Io) {
  if (tlsCert !== undefined || tlsKey !== undefined) {
    if (tlsCert === undefined || tlsKey === undefined) throw new UsageError('--tls-cert and --tls-key go together')
    return { cert: readPem(tlsCert), key: readPem(tlsKey), file: tlsCert, hosts: PRODUCTION_HOSTS }
  }
  if (tls !== true && tlsDir === undefined) return null
  return { ...(await ownCertificate(tlsDir ?? join(out, 'exchange-tls'), io.now)), hosts: PRODUCTION_HOSTS }
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}

/** What a port says that cannot be had, and which of the two it is. */
function portError(error: { code?: string; port?: number }, { host, port, controlPort }: ExchangeOptions): unknown {
  if (error.code === undefined) return error
  const isControl = error.port !== undefined && error.port === controlPort
  const why = error.code === 'EADDRINUSE' ? 'the port is taken: give another, or 0' : `cannot be bound (${error.code})`
  return new UsageError(
    isControl ? `--control-port ${controlPort} on 127.0.0.1: ${why}` : `--port ${port} on ${host}: ${why}`,
  )
}
