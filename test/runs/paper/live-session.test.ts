import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { open as openFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { DataError } from '../../../src/data/index.ts'
import { backtest } from '../../../src/runs/backtest.ts'
import { askSession } from '../../../src/runs/paper/control.ts'
import type { BrokerHost, PaperBroker } from '../../../src/runs/paper/paper-broker.ts'
import type { SafetyRules } from '../../../src/runs/paper/safety.ts'
import type { SessionEvent } from '../../../src/runs/paper/session-event.ts'
import { fillsCsv } from '../../../src/tables/fills-csv.ts'
import { scratch } from '../../cli/klinelab.ts'
import { klinelabHere } from '../../cli/klinelab-here.ts'
import { BTC, MINUTE, PlayedVenue, T0 } from '../../data/stream/played-venue.ts'
import {
  at,
  NAME,
  type Opening,
  opened,
  running,
  SAFETY,
  SET,
  STRATEGY,
  settingsIn,
  stored,
  until,
} from './live-session-scene.ts'

afterEach(() => vi.restoreAllMocks())

describe('a session on live bars', () => {
  test('knows at its first bar what a backtest knows, is stopped, catches up, and has the fills of a backtest', async () => {
    const [store, out] = [await stored(100), scratch()]
    const first = await opened(store, out)
    expect(first.asked).toEqual([])
    const { stop, ended } = await running(first.session, first.venue)
    await first.venue.play(at(0), at(60))
    await until(() => first.session.state.run.at === at(60))
    stop.abort()
    expect(await ended).toMatchObject({ state: 'stopped', at: at(60), counters: { bars: 60 } })

    // what it missed comes by REST; the store is not asked any more
    const second = await opened(scratch(), out, { now: 90, next: 60 })
    expect(second.session.file.session).toBe(first.session.file.session)
    const again = await running(second.session, second.venue)
    await until(() => second.session.state.run.at === at(90))
    await second.venue.play(at(90), at(120))
    await until(() => second.session.state.run.at === at(120))
    again.stop.abort()
    const { dir } = second.session
    expect(await again.ended).toMatchObject({ counters: { bars: 120 } })
    const how = [...readFileSync(join(dir, 'journal.log'), 'utf8').matchAll(/"how":"(\w+)"/g)].map(([, word]) => word)
    expect(how.filter((word) => word === 'late').length).toBeGreaterThan(25)

    const request = { strategy: STRATEGY, data: [NAME], set: SET, from: T0, to: at(120) }
    const { result } = await backtest(request, settingsIn(await stored(100, 120), scratch()))
    expect(result.fills.length).toBeGreaterThan(4)
    expect(readFileSync(join(dir, 'fills.csv'), 'utf8')).toBe(fillsCsv(result.fills))
  })

  test('is not begun without the bars before it: says which are missing, why, and what brings them', async () => {
    const [store, out] = [await stored(30), scratch()]
    await expect(opened(store, out)).rejects.toThrow(
      /binance:BTCUSDT:1m: the strategy wants the (\d+) bars before 2024-06-03T12:00, and 30 of them are stored \(no network\)\. Bring them with: klinelab data get binance:BTCUSDT:1m --from 2024-06-03T1[01]/,
    )
    await expect(opened(await stored(100), out, { now: 5 })).rejects.toThrow(
      /bars before 2024-06-03T12:05, and what is stored ends at 2024-06-03T12:00 \(no network\)\. Bring them with: klinelab data get \S+ --from \S+$/,
    )
    // nothing is left of what was not begun
    expect(readdirSync(join(out, 'paper'))).toEqual([])
    // the network may be there the next time: no wrong command
    await expect(opened(store, out)).rejects.toBeInstanceOf(DataError)
  })

  test('is one process, which the other is told of', async () => {
    const [store, out] = [await stored(100), scratch()]
    const { session, venue } = await opened(store, out)
    await expect(opened(store, out)).rejects.toThrow(
      new RegExp(
        `process ${process.pid}@\\S+ is running this paper session; .* or end it with: klinelab paper stop sma-cross-\\w{8} --out ${out}\\.`,
      ),
    )
    expect(readdirSync(session.dir)).toContain('session.json')
    const { stop, ended } = await running(session, venue)
    stop.abort()
    await ended
    const next = await opened(store, out)
    const again = await running(next.session, next.venue)
    again.stop.abort()
    await again.ended
  })

  test('halts where no bar comes, answers from another shell, and trades again when a person says so', async () => {
    const [store, out] = [await stored(100), scratch()]
    const { session, venue } = await opened(store, out, { safety: { ...SAFETY, stale: 180_000 } })
    const { ended } = await running(session, venue)
    for (let k = 0; k < 5; k++) {
      await venue.play(at(k), at(k + 1))
      await until(() => session.state.run.at === at(k + 1))
    }
    venue.restFault = 'network'
    // the bar that closes at 6:00 may come until 9:00
    await venue.clock.moveTo(at(9) - 1)
    expect(session.snapshot().state).toBe('running')
    await venue.clock.moveTo(at(9) + 1000)
    await until(() => session.state.isHalted)
    const told = await askSession(session.dir, { ask: 'status' })
    expect(told).toMatchObject({ ok: true, snapshot: { state: 'halted', counters: { bars: 5 } } })
    expect(session.snapshot().alarms.map(({ kind }) => kind)).toContain('stale-data')
    const lifted = await askSession(session.dir, { ask: 'resume', why: 'looked at' })
    expect(lifted).toMatchObject({ ok: true, snapshot: { state: 'running' } })
    expect(await askSession(session.dir, { ask: 'nothing' } as never)).toEqual({
      ok: false,
      error: '"nothing" is no request',
    })
    const stopped = await klinelabHere(['paper', 'stop', '--out', out])
    expect((await ended).state).toBe('stopped')
    expect(stopped.stdout).toMatch(
      /^\S+: stopped\. Orders: 0 open\. Still held: none\n[\s\S]* State +stopped, last instant /,
    )
    const gone = await klinelabHere(['paper', 'status', '--out', out])
    expect(gone.stdout).toMatch(
      / stopped +local +binance:BTCUSDT:1m +2024-06-03T12:05 +10,000\.00 USDT +none +0 +0 +\d/,
    )
    expect(await askSession(session.dir, { ask: 'status' })).toBeNull()
    const events = readFileSync(join(session.dir, 'events.jsonl'), 'utf8')
    expect(events).toMatch(/"type":"halted".*stale-data/)
    expect(events).toContain('"type":"resumed"')
  })

  test('says of an alarm since when it stands, and when it was over', async () => {
    const [store, out] = [await stored(100), scratch()]
    const { session, venue } = await opened(store, out, { safety: { ...SAFETY, stale: 180_000 } })
    const { stop, ended } = await running(session, venue)
    const staleness = () => session.snapshot().alarms.find(({ kind }) => kind === 'stale-data')
    venue.restFault = 'network'
    await venue.clock.moveTo(at(4) + 1000)
    await until(() => session.state.isHalted)
    expect(staleness()).toMatchObject({ ended: null })
    const standing = await klinelabHere(['paper', 'status', session.name, '--out', out])
    expect(standing.stdout).toMatch(/ Alarms +\d, (.*\n +)*STANDS since 2024-06-03T12:04\S* critical stale-data: /)
    venue.restFault = null
    await venue.play(at(4), at(5))
    await until(() => session.state.run.at === at(5))
    await venue.clock.moveTo(at(5) + 2000)
    await until(() => staleness()?.ended !== null)
    expect(staleness()!.ended).toBeGreaterThan(at(4))
    // halted it is still, until a person has looked
    expect(session.state.isHalted).toBe(true)
    stop.abort()
    await ended
    const over = await klinelabHere(['paper', 'status', session.name, '--out', out])
    expect(over.stdout).toMatch(/critical \S+ .*, over since 2024-06-03T12:0\S+, after \d minutes?/)
    expect(over.stdout).not.toContain('STANDS')
  })

  test('takes the silence of a replay that is over for its end, and for no alarm', async () => {
    const [store, out] = [await stored(100), scratch()]
    const over = { word: 'ended', speed: null } as const
    let [isOver, known] = [false, null as typeof over | null]
    const replay = {
      state: () => known,
      // what was said last is a moment old
      ask: async () => {
        known = isOver ? over : null
        return known
      },
    }
    const { session, venue } = await opened(store, out, { replay })
    const { ended } = await running(session, venue)
    await venue.play(at(0), at(3))
    await until(() => session.state.run.at === at(3))
    venue.restFault = 'network'
    await venue.clock.moveTo(at(3) + 4000)
    expect(session.snapshot().waiting).toMatchObject({ reason: 'bar', since: at(3) + 500 })
    const kinds = () => session.snapshot().alarms.map(({ kind }) => kind)
    isOver = true
    for (let k = 5; session.snapshot().state !== 'ended' && k < 600; k++) {
      await venue.clock.moveTo(at(3) + k * 1000)
      await wait(1)
    }
    expect(await ended).toMatchObject({ state: 'ended', at: at(3), waiting: null, counters: { bars: 3 } })
    expect(kinds()).toEqual([])
    const journal = readFileSync(join(session.dir, 'journal.log'), 'utf8')
    expect(journal).not.toContain('"silent"')
    expect(journal.trimEnd().split('\n').at(-1)).toContain('"kind":"ended"')
  })

  test('that was killed while it caught up trades again with the first bar of now', async () => {
    const [store, out] = [await stored(100), scratch()]
    const done = async () => undefined
    const broker: PaperBroker = {
      ...{
        fills: 'told',
        open: done,
        handle: () => undefined,
        resumed: done,
        reconcile: done,
        idle: done,
        close: done,
      },
    }
    const lived = async (opening: Opening, upTo: number) => {
      const { session, venue } = await opened(store, out, { ...opening, broker })
      const { stop, ended } = await running(session, venue)
      await venue.play(at(opening.now!), at(upTo))
      await until(() => session.state.run.at === at(upTo))
      stop.abort()
      await ended
      return session
    }
    await lived({ now: 0 }, 10)
    const { dir } = await lived({ now: 20, next: 10 }, 21)
    // as a kill right after the last bar that was missed leaves it
    const file = join(dir, 'journal.log')
    const lines = readFileSync(file, 'utf8').split('\n')
    const last = lines.findLastIndex((line) => line.includes('"how":"late"'))
    writeFileSync(file, `${lines.slice(0, last + 1).join('\n')}\n`)
    const closes = Number(/"at":(\d+)/.exec(lines[last]!)![1])
    const next = (closes - T0) / MINUTE
    const { state } = await lived({ now: next, next }, next + 2)
    expect([state.isHalted, state.isPausedBy]).toEqual([false, null])
  })

  test('its broker hears of every instant, and of what a person lets go on: no pause that ends is that', async () => {
    const [store, out] = [await stored(100), scratch()]
    const heard: string[] = []
    const done = async () => undefined
    const broker: PaperBroker = {
      ...{ fills: 'told', reconcile: done, idle: done, close: done },
      open: async (host) => void heard.push(host.command('resume')),
      handle: (events) => void heard.push(events.map(({ type }) => type).join() || 'nothing'),
      resumed: async () => void heard.push('a person has looked'),
    }
    const { session, venue } = await opened(store, out, { broker })
    const { stop, ended } = await running(session, venue)
    for (let k = 0; k < 2; k++) {
      await venue.play(at(k), at(k + 1))
      await until(() => session.state.run.at === at(k + 1))
    }
    for (const by of ['catch-up', 'a person']) {
      await session.command('halt', 'a test', by)
      await session.command('resume', 'a test', by)
    }
    // what follows in the same turn shares its fsync, and was not looked at
    await Promise.all([
      session.command('halt', 'a test', 'a person'),
      session.command('resume', 'a test', 'a person'),
      session.command('halt', 'a test', 'broker'),
    ])
    stop.abort()
    await ended
    expect(heard).toEqual([
      `klinelab paper resume ${session.name} --out ${out}`,
      ...['nothing', 'nothing', 'halted', 'resumed'],
      ...['halted', 'resumed', 'a person has looked'],
      ...['halted', 'resumed', 'a person has looked', 'halted'],
    ])
  })

  test.each([
    ['ours', false],
    ['an exchange’s own', true],
  ])('knows how late a bar was heard where its time is ours: it is %s', async (_, isOwn) => {
    const [store, out] = [await stored(200), scratch()]
    const { session, venue } = await opened(store, out, { isOwn })
    const heard: SessionEvent[] = []
    session.on((event) => void (event.type === 'heard' && heard.push(event)))
    const { stop, ended } = await running(session, venue)
    await venue.play(at(0), at(2))
    await until(() => session.state.run.at === at(2))
    const [series] = session.snapshot().series
    expect([series!.delayMs === null, heard.length]).toEqual(isOwn ? [true, 0] : [false, 2])
    stop.abort()
    await ended
  })

  test('begins and ends alarms of its broker by the clock of the place, wherever this machine’s stands', async () => {
    const [store, out] = [await stored(100), scratch()]
    const real = new PlayedVenue({ isRead: false, pageRows: 50, options: { from: () => at(0) } }).clock
    await real.moveTo(at(2_000_000))
    const hosts: BrokerHost[] = []
    const done = async () => undefined
    const open = async (host: BrokerHost) => void hosts.push(host)
    const broker: PaperBroker = {
      ...{ fills: 'told', open, handle: () => undefined, resumed: done, reconcile: done, idle: done, close: done },
    }
    const { session, venue } = await opened(store, out, { broker, real })
    const { stop, ended } = await running(session, venue)
    const [host] = hosts as [BrokerHost]
    host.alarm({
      ...{ at: host.now(), kind: 'stream-lost', severity: 'warning', text: 't', facts: {}, stands: 'broker stream' },
    })
    await venue.clock.moveTo(at(1))
    host.over('broker stream')
    expect(session.snapshot().alarms).toMatchObject([{ kind: 'stream-lost', at: at(0), ended: at(1) }])
    stop.abort()
    await ended
  })

  test('that a person has halted is flattened all the same where that is what no bar for long asks for', async () => {
    const [store, out] = [await stored(100), scratch()]
    const safety: SafetyRules = { ...SAFETY, stale: 180_000, on: { ...SAFETY.on, 'stale-data': 'flatten' } }
    const { session, venue } = await opened(store, out, { safety })
    const { stop, ended } = await running(session, venue)
    await venue.play(at(0), at(1))
    await until(() => session.state.run.at === at(1))
    await session.command('halt', 'to look', 'a person')
    expect(session.state.run.standing).toBe('halt')
    venue.restFault = 'network'
    await venue.clock.moveTo(at(9))
    await until(() => session.state.run.standing === 'flatten')
    stop.abort()
    await ended
  })

  test.each([
    ['lifted', null],
    ['still there', 1],
  ])('that was killed right after a resume knows of each alarm whether its halt is %s', async (_, stands) => {
    const [store, out] = [await stored(100), scratch()]
    const first = await opened(store, out)
    const { stop, ended } = await running(first.session, first.venue)
    await first.session.command('halt', 'too much lost', 'broker')
    first.session.alarm({
      ...{ at: at(0), kind: 'loss', severity: 'critical', text: 't', facts: {} },
      stands: 'halt loss',
    })
    if (stands === null) await first.session.command('resume', 'looked at', 'a person')
    stop.abort()
    await ended
    const file = join(first.session.dir, 'alarms.jsonl')
    const lines = readFileSync(file, 'utf8').split('\n')
    writeFileSync(file, lines.filter((line) => !line.includes('"over":"halt loss"')).join('\n'))
    const next = await opened(store, out)
    const again = await running(next.session, next.venue)
    const alarm = next.session.snapshot().alarms.find(({ kind }) => kind === 'loss')
    expect(alarm?.ended).toEqual(stands === null ? expect.any(Number) : null)
    expect(next.session.state.isHalted).toBe(stands !== null)
    again.stop.abort()
    await again.ended
  })

  test.each<[string, (venue: PlayedVenue) => void | Promise<void>]>([
    ['its feed says something', (venue) => venue.feed.disconnected('played')],
    [
      'a rule has asked for a halt and its feed says something',
      async (venue) => {
        venue.restFault = 'network'
        await venue.clock.moveTo(at(1) + 10_000)
        venue.feed.disconnected('played')
      },
    ],
    ['a bar comes', (venue) => venue.feed.bar(BTC, venue.bar(T0), true, null)],
  ])('whose disk is full as its broker notes something ends by its own ending once %s', async (_, happens) => {
    const [store, out] = [await stored(100), scratch()]
    const hosts: BrokerHost[] = []
    const done = async () => undefined
    const open = async (host: BrokerHost) => void hosts.push(host)
    const broker: PaperBroker = {
      ...{ fills: 'told', open, handle: () => undefined, resumed: done, reconcile: done, idle: done, close: done },
    }
    const { session, venue } = await opened(store, out, { broker, safety: { ...SAFETY, stale: 1000 } })
    const { ended } = await running(session, venue)
    await until(() => hosts.length === 1)
    const handle = await openFile(join(session.dir, 'journal.log'), 'r')
    const files = Object.getPrototypeOf(handle)
    await handle.close()
    vi.spyOn(files, 'write').mockRejectedValue(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }))
    await expect(hosts[0]!.note({ kind: 'broker', note: 'sending' })).rejects.toThrow('the disk is full')
    await happens(venue)
    await expect(ended).rejects.toThrow('the disk is full')
    expect(session.snapshot().state).toBe('failed')
    expect(await askSession(session.dir, { ask: 'status' })).toBeNull()
    vi.restoreAllMocks()
    const next = await opened(store, out, { broker, safety: { ...SAFETY, stale: 1000 } })
    next.session.abandon()
  })
})
