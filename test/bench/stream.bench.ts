import { fork } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Series, Venue } from '../../src/core/series.ts'
import { openStore } from '../../src/data/index.ts'
import { openStream } from '../../src/data/stream/open-stream.ts'
import { StreamStore } from '../../src/data/stream/store-stream.ts'
import { SYSTEM_CLOCK } from '../../src/data/stream/stream-clock.ts'
import type { Bench, BenchRow } from './bench.ts'
import { withFolder } from './process.ts'

const STREAMS = 50
/** A minute, so that each stream closes one bar. */
const STRETCH = 60_000
const WARM = 5_000

/** What 50 streams of 1m bars take of a core: heard, put in order, written to the store; the venue is another process. */
const bench: Bench = async () => [await measured('binance'), await measured('binance-usdm')]
export default bench

async function measured(venue: Venue): Promise<BenchRow> {
  const server = fork(join(import.meta.dirname, 'stream-server.ts'))
  const port = await new Promise<number>((resolve) => server.once('message', (message) => resolve(message as number)))
  try {
    return await withFolder((dir) => measuredAt(venue, `ws://127.0.0.1:${port}`, dir))
  } finally {
    server.disconnect()
  }
}

async function measuredAt(venue: Venue, origin: string, dir: string): Promise<BenchRow> {
  const all = Array.from({ length: STREAMS }, (_, k): Series => ({ venue, symbol: `T${k}USDT`, interval: '1m' }))
  const fail = (error: unknown) => {
    throw error
  }
  const kept = await StreamStore.open(await openStore(dir), all, SYSTEM_CLOCK, fail)
  const rest = () => ({
    ...{ origin: 'nowhere', intervals: ['1m'] as const, omitsEmpty: false, horizon: null },
    ask: () => {
      throw new Error('REST was asked: the stream left a bar out')
    },
    marks: async () => new Map<number, string>(),
    time: async () => Number.NaN,
  })
  const stream = openStream(all, { rest, origins: { stream: { [venue]: origin } } })
  const heard = { bars: 0, marks: 0 }
  const reading = (async () => {
    for await (const event of stream) {
      const why = kept.keep(event, Date.now())
      if (why !== null) throw new Error(why)
      if (event.kind !== 'bar') continue
      heard.bars++
      if (event.mark !== null) heard.marks++
    }
  })()
  await wait(WARM)
  // the stretch begins in mid-minute: its one border is within it
  const at = Date.now() % STRETCH
  if (at < 5_000 || at > STRETCH - 5_000) await wait(10_000)
  const before = { ...heard }
  const start = process.cpuUsage()
  await wait(STRETCH)
  const { user, system } = process.cpuUsage(start)
  const bars = heard.bars - before.bars
  await stream.close()
  await reading
  await kept.close()
  if (bars !== STREAMS) throw new Error(`${bars} bars instead of ${STREAMS}`)
  // a second's words of a stream: see the server
  const words = venue === 'binance' ? 0.5 : 4 + 1
  const perFrame = (user + system) / ((STRETCH / 1000) * STREAMS * words)
  return {
    name: `${STREAMS} live streams of 1m bars, ${venue}${venue === 'binance' ? '' : ' with mark prices'}: part of a core`,
    value: (100 * (user + system)) / 1000 / STRETCH,
    unit: ' %',
    // of 250 frames a second to read their JSON alone takes more
    must: venue === 'binance' ? 2 : null,
    aim: venue === 'binance' ? 1 : null,
    better: 'lower',
    detail: `${Math.round((user + system) / 1000)} ms in ${STRETCH / 1000} s, ${perFrame.toFixed(0)} µs a frame; ${bars} bars stored, ${heard.marks} with a mark`,
  }
}
