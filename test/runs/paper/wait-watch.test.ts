import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readReplay, replayText } from '../../../src/data/serve/replay-header.ts'
import type { Alarm } from '../../../src/runs/paper/alarm.ts'
import type { FeedEvent } from '../../../src/runs/paper/feed.ts'
import type { SessionFile } from '../../../src/runs/paper/session-file.ts'
import { WaitWatch } from '../../../src/runs/paper/wait-watch.ts'
import { lapse } from '../../../src/runs/paper/waiting.ts'
import { ManualClock } from '../../data/stream/manual-clock.ts'

const HOUR = 3_600_000
const T0 = Date.UTC(2026, 0, 2, 12)
const THERE = Date.UTC(2025, 6, 1)
const URL = 'http://127.0.0.1:8787'

let here: ManualClock
let watch: WaitWatch
let logged: string[]
let alarms: Alarm[]
let over: string[]
let ends: number
let next: number[]
let state: string | null
let there: number

beforeEach(() => {
  here = new ManualClock(T0)
  ;[logged, alarms, over, ends, state, there] = [[], [], [], 0, null, THERE]
})

afterEach(() => {
  watch.stop()
  expect(here.pending).toBe(0)
})

function begin(how: 'live' | 'replay' | 'simulated', ...series: string[]) {
  const isThere = how === 'simulated'
  next = series.map(() => (how === 'live' ? T0 : THERE))
  const broker = isThere ? `exchange ${URL}` : 'local'
  const file = {
    name: 'one',
    broker,
    mode: { kind: how === 'replay' ? 'replay' : 'live' },
    slots: series.map((one) => ({ series: one })),
  }
  const replay = { state: () => readReplay(state), ask: async () => readReplay(state) }
  watch = new WaitWatch({
    stop: 'klinelab paper stop one',
    file: file as unknown as SessionFile,
    ...{ real: here, replay: isThere ? replay : null, speed: how === 'replay' ? 60 : 'max' },
    clock: isThere ? { now: () => there, after: here.after, here: () => here.now() } : here,
    next: (slot) => next[slot]!,
    log: (level, text) => logged.push(`${level}: ${text}`),
    onStands: (alarm) => alarms.push(alarm),
    onMoves: (stands) => over.push(stands),
  })
  watch.start(() => ends++)
  watch.opened()
}

const passed = (seconds: number) => here.moveTo(here.now() + seconds * 1000)
const said = () => watch.waiting?.text ?? null

function bar(): void {
  next = next.map((open) => open + HOUR)
  watch.hear({ kind: 'instant', at: next[0]!, bars: [], funding: [], how: 'live', heard: 0 } as FeedEvent)
}

describe('live bars', () => {
  const NAMES = ['binance:BTCUSDT:1h', 'binance:ETHUSDT:1h'] as const

  test('the connection first, then the bar that is next and since when, once in the log, and when it has come', async () => {
    begin('live', ...NAMES)
    await passed(2)
    expect(said()).toBeNull()
    await passed(2)
    const the = 'the bar of 2026-01-02T12:00 of binance:BTCUSDT:1h and 1 more, which closes at 2026-01-02T13:00'
    expect(said()).toBe(`waits for the connection to binance, and then for ${the}; none has come yet, in 4 s`)
    watch.hear({ kind: 'connected', venue: 'binance' })
    await passed(116)
    expect(said()).toBe(`waits for ${the}; none has come yet, in 2 m 0 s`)
    expect(watch.waiting).toMatchObject({ reason: 'bar', since: T0 })
    expect(logged).toEqual([`info: waits for ${the}; none has come yet, in 5 s`])
    await passed(3480)
    bar()
    expect(said()).toBeNull()
    expect(logged.slice(1)).toEqual(['info: bars come: that of 2026-01-02T13:00 after 1 h 0 m'])
  })

  test('a bar that is in its time is shown and not said, one that is overdue is said once', async () => {
    begin('live', NAMES[0])
    watch.hear({ kind: 'connected', venue: 'binance' })
    await passed(1)
    bar()
    await passed(3600 + 28)
    expect(logged).toEqual([])
    const text =
      'waits for the bar of 2026-01-02T13:00 of binance:BTCUSDT:1h, which closes at 2026-01-02T14:00; the last came'
    expect(said()).toBe(`${text} 1 h 0 m ago`)
    await passed(600)
    expect(logged).toEqual([`info: ${text} 1 h 0 m ago`])
    watch.hear({ kind: 'disconnected', venue: 'binance', why: 'cut' })
    expect(watch.waiting?.reason).toBe('connection')
  })

  test('until its orders are known it waits for its broker', async () => {
    begin('live', NAMES[0])
    watch.stop()
    watch.start(() => ends++)
    expect(said()).toBe('waits until orders, position and trades are known at local, for 0 s')
    watch.stop()
    expect(said()).toBeNull()
  })
})

test('stored bars that are played in time are waited for in that time', async () => {
  begin('replay', 'binance:BTCUSDT:1h')
  bar()
  await passed(60 + 28)
  expect(logged).toEqual([])
  await passed(4)
  expect(logged).toHaveLength(1)
  expect(said()).toMatch(
    /^waits for the bar of 2025-07-01T01:00 of binance:BTCUSDT:1h, .*; the last came 1 m 32 s ago$/,
  )
})

describe('a simulated exchange', () => {
  const connected = () => {
    begin('simulated', 'binance-usdm:BTCUSDT:1h')
    watch.hear({ kind: 'connected', venue: 'binance-usdm' })
  }
  const the = 'the bar of 2025-07-01 of binance-usdm:BTCUSDT:1h, which closes at 2025-07-01T01:00'

  test('that waits for a step: said where and how, however long, and no alarm', async () => {
    connected()
    state = 'waits'
    await passed(600)
    expect(said()).toBe(
      `waits for ${the}: the replay of exchange ${URL} waits for a step, POST /step on its control port (there it is 2025-07-01); none has come yet, in 10 m 0 s`,
    )
    expect([logged.length, alarms]).toEqual([1, []])
  })

  test('whose replay is over ends the session, as soon as its last bar is there', async () => {
    connected()
    ;[state, there] = ['ended', THERE + HOUR]
    expect(await watch.isOver()).toBe(true)
    await passed(4)
    expect([ends, watch.waiting?.reason]).toEqual([0, 'end'])
    bar()
    await passed(1)
    expect([ends, said()]).toEqual([1, null])
    expect(logged.at(-1)).toBe(`info: the replay of exchange ${URL} is over, at 2025-07-01T01:00: the session ends`)
    await passed(60)
    expect(ends).toBe(1)
  })

  test('is looked at once more before the end: what it told of its last bar may be on its way', async () => {
    connected()
    bar()
    ;[state, there] = ['ended', THERE + HOUR]
    await passed(1)
    expect(ends).toBe(0)
    await passed(1)
    expect(ends).toBe(1)
  })

  test('whose last bar does not come ends it all the same, and says that it did not', async () => {
    connected()
    ;[state, there] = ['ended', THERE + HOUR]
    await passed(29)
    expect(ends).toBe(0)
    await passed(3)
    expect(ends).toBe(1)
    expect(logged.at(-1)).toMatch(
      /^warn: .* is over, .*, though its last bars of binance-usdm:BTCUSDT:1h have not come$/,
    )
  })

  test('that says nothing and stands still is an alarm, until its time goes on', async () => {
    connected()
    // of another make, or gone: a bar of an hour takes an hour
    await passed(7190)
    expect(alarms).toEqual([])
    await passed(15)
    const text = `the time of exchange ${URL} stands at 2025-07-01 for 2 h 0 m: its replay has ended or is held, or nobody answers there. While it stands no bar comes; klinelab paper stop one ends this session`
    expect(alarms).toMatchObject([{ kind: 'market-stands', severity: 'warning', at: THERE, text }])
    expect(said()).toContain(`: the time of exchange ${URL} stands (there it is 2025-07-01); none has come yet`)
    await passed(600)
    expect([alarms.length, over, await watch.isOver()]).toEqual([1, [], false])
    there += 60_000
    await passed(1)
    expect(over).toEqual([alarms[0]!.stands])
    expect(ends).toBe(0)
  })

  test.each([
    ['plays', 180],
    ['plays 60x', 180],
    ['plays 10x', 720],
    ['live', 7200],
  ])('that says "%s" is waited for by its speed', async (word, seconds) => {
    connected()
    state = word
    await passed(seconds - 5)
    expect(alarms).toEqual([])
    await passed(10)
    expect(alarms).toHaveLength(1)
  })
})

test('what is said of a replay is read, and nothing else', () => {
  for (const one of [
    { word: 'plays', speed: 0.5 },
    { word: 'ended', speed: null },
    { word: 'plays', speed: 1e21 },
  ] as const)
    expect(readReplay(replayText(one))).toEqual(one)
  for (const text of [null, '', 'over', 'plays fast', 'ended; x']) expect(readReplay(text)).toBeNull()
})

test('how long ago, in two units', () => {
  const texts = [999, 61_000, 200_000, 3_600_000 * 2 + 300_000, 86_400_000 * 2 + 3_600_000 * 3].map(lapse)
  expect(texts).toEqual(['0 s', '1 m 1 s', '3 m 20 s', '2 h 5 m', '2 d 3 h'])
})
