import { parseSeries, type Series } from '../../core/series.ts'
import { openStore } from '../../data/index.ts'
import type { LiveEvent, LiveStream } from '../../data/stream/live.ts'
import { StreamStore } from '../../data/stream/store-stream.ts'
import { SYSTEM_CLOCK } from '../../data/stream/stream-clock.ts'
import { venueApi } from '../../data/venues/all-venues.ts'
import { usage } from '../../runs/usage-error.ts'
import type { Command } from '../command.ts'
import { STORE, settingsOf } from '../flags.ts'
import { interruptible, onTerminate } from '../interrupt.ts'
import type { Io } from '../io.ts'
import { streamOf } from '../live-stream.ts'
import { eventJson, eventText } from '../stream-text.ts'
import { plural } from '../text.ts'

/** What keeps the process alive after its end, such as a connection that has gone half, is cut off then. */
const LAST_MS = 2000
/** Lines that wait for whoever reads them are worth a word from so many bytes on, and each time that they have doubled. */
const WAITING = 1_000_000

export default {
  words: '<series...>',
  flags: { ...STORE },
  example: 'klinelab data stream binance:BTCUSDT:1m',
  async run(args, io) {
    const { store: dir } = await settingsOf(args, io)
    const all = usage(() => args.words.map(streamable))
    const alarm = (text: string) => {
      status.clear()
      process.stderr.write(`${new Date().toISOString().slice(0, 19)}Z ${text}\n`)
    }
    const print = printer(args.flags['json'] === true, alarm)
    const status = statusLine(all.length, io)
    const term = onTerminate()
    const kept = await StreamStore.open(await openStore(dir), all, SYSTEM_CLOCK, (error) =>
      alarm((error as Error).message),
    )
    try {
      const next = new Map(await Promise.all(all.map(async (one) => [one, await kept.next(one)] as const)))
      const isInterrupted = await interruptible(async (interrupt) => {
        const signal = AbortSignal.any([interrupt, term.signal])
        const stream = streamOf(all, (series) => next.get(series) ?? null, io, alarm)
        const onStop = () => void stream.close()
        signal.addEventListener('abort', onStop)
        if (signal.aborted) onStop()
        for await (const event of stream) {
          const at = Date.now()
          // kept before it is told: whoever has heard of a bar finds it in the store
          const why = kept.keep(event, at)
          if (isAlarm(event)) alarm(eventText(event))
          if (why !== null) alarm(`not stored: ${eventText(event)}: ${why}`)
          status.clear()
          print(event)
          status.show(event, stream)
        }
        return interrupt.aborted
      })
      return { json: undefined, text: '', isPrinted: true, ...(isInterrupted && { code: 130 }) }
    } finally {
      status.clear()
      term.end()
      await kept.close()
      setTimeout(() => process.exit(), LAST_MS).unref()
    }
  },
} satisfies Command

/** @throws RangeError for what is no series, or none that its venue has */
function streamable(text: string): Series {
  const series = parseSeries(text)
  const { intervals } = venueApi(series.venue).bars
  if (!intervals.includes(series.interval))
    throw new RangeError(`${text}: ${series.venue} has no such bars; it has ${intervals.join(' ')}`)
  return series
}

const ALARMS: readonly LiveEvent['kind'][] = ['silent', 'disconnected', 'hole', 'ended', 'clock']

function isAlarm({ kind }: LiveEvent): boolean {
  return ALARMS.includes(kind)
}

/** A line an event. A reader that is slow, or stands still, holds nothing up: what waits for it is kept in memory. */
function printer(isJson: boolean, alarm: (text: string) => void): (event: LiveEvent) => void {
  let worthAWord = WAITING
  return (event) => {
    process.stdout.write(`${isJson ? eventJson(event) : eventText(event)}\n`)
    const { writableLength } = process.stdout
    if (writableLength < WAITING / 2) worthAWord = WAITING
    if (writableLength < worthAWord) return
    worthAWord = writableLength * 2
    alarm(
      `${Math.floor(writableLength / 1e6)} MB of lines wait in memory: whoever reads them is slow; what they say is stored`,
    )
  }
}

/** How it goes, on a terminal only, once a second. */
function statusLine(series: number, { env }: Io) {
  const isShown = process.stderr.isTTY === true && !env['CI']
  let [bars, last, isThere] = [0, 0, false]
  const silent = new Set<string>()
  return {
    clear() {
      if (isThere) process.stderr.write('\r\x1b[2K')
      isThere = false
    },
    show(event: LiveEvent, { waiting }: LiveStream) {
      if (event.kind === 'bar') bars++
      if (event.kind === 'silent') silent.add(JSON.stringify(event.series))
      if (event.kind === 'heard') silent.delete(JSON.stringify(event.series))
      const now = performance.now()
      if (!isShown || now - last < 1000) return
      last = now
      isThere = true
      const parts = [
        ...[`${series} series`, plural(bars, 'bar')],
        ...(silent.size > 0 ? [`${silent.size} silent`] : []),
        ...(waiting > 0 ? [`${waiting} waiting`] : []),
      ]
      process.stderr.write(`\r\x1b[2K${parts.join(', ')}`)
    },
  }
}
