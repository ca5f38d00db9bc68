import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { BrokerHost, PaperBroker } from '../../../src/runs/paper/paper-broker.ts'
import type { ReplayThere } from '../../../src/runs/paper/wait-watch.ts'
import { scratch } from '../../cli/klinelab.ts'
import { at, opened, running, stored, until } from './live-session-scene.ts'

afterEach(() => vi.restoreAllMocks())

describe('a session at a simulated exchange', () => {
  test('at an exchange that began anew is not gone on with, and nothing is sent there', async () => {
    const [store, out] = [await stored(200), scratch()]
    let opens = 0
    const done = async () => undefined
    const open = async () => void opens++
    const broker: PaperBroker = {
      ...{ fills: 'told', open, handle: () => undefined, resumed: done, reconcile: done, idle: done, close: done },
    }
    const at8787 = (begun: string | null) => {
      const replay: ReplayThere = { begun, state: () => null, ask: async () => null }
      return { broker, replay, name: 'exchange http://127.0.0.1:8787' }
    }
    const there = at8787('first')
    const first = await opened(store, out, { ...there, now: 0 })
    const { stop, ended } = await running(first.session, first.venue)
    await first.venue.play(at(0), at(5))
    await until(() => first.session.state.run.at === at(5))
    stop.abort()
    await ended
    const journal = join(first.session.dir, 'journal.log')
    const written = readFileSync(journal, 'utf8')
    await expect(opened(store, out, { ...there, now: 4 })).rejects.toThrow(
      /^\S+: at http:\/\/127\.0\.0\.1:8787 it is 2024-06-03T12:04, and this session was there until 2024-06-03T12:05: the exchange has begun anew, /,
    )
    // one that has played as far meanwhile is another all the same
    await expect(opened(store, out, { ...at8787('second'), now: 7 })).rejects.toThrow(
      /^\S+: at \S+ it is 2024-06-03T12:07, and this session was there until 2024-06-03T12:05: the exchange has begun anew, /,
    )
    expect([opens, readFileSync(journal, 'utf8')]).toEqual([1, written])
    // one that stands where it stood is the same, and so is one that does not say which it is
    for (const same of [there, at8787(null)]) (await opened(store, out, { ...same, now: 5 })).session.abandon()
  })

  test('fails where the exchange begins anew meanwhile, and is as it was', async () => {
    const [store, out] = [await stored(200), scratch()]
    const hosts: BrokerHost[] = []
    const closed: string[] = []
    const done = async () => undefined
    const broker: PaperBroker = {
      ...{ fills: 'told', handle: () => undefined, resumed: done, reconcile: done, idle: done },
      open: async (host) => void hosts.push(host),
      close: async (orders) => void closed.push(orders),
    }
    let begin = () => {}
    const another = new Promise<void>((resolve) => {
      begin = resolve
    })
    const replay: ReplayThere = { state: () => null, ask: async () => null, isSame: async () => false, another }
    const { session, venue } = await opened(store, out, { broker, replay, name: 'exchange http://127.0.0.1:8787' })
    const { ended } = await running(session, venue)
    await venue.play(at(0), at(5))
    await until(() => session.state.run.at === at(5))
    expect([await hosts[0]!.isSame!(), hosts[0]!.another]).toEqual([false, another])
    begin()
    await expect(ended).rejects.toThrow(
      /^\S+: at http:\/\/127\.0\.0\.1:8787 it is \S+, and this session was there until 2024-06-03T12:05: the exchange has begun anew, .* begin a new session/,
    )
    expect([session.phase, closed]).toEqual(['failed', ['keep']])
    expect(session.snapshot().alarms).toMatchObject([{ kind: 'failed', severity: 'critical' }])
    expect(readFileSync(join(session.dir, 'journal.log'), 'utf8')).not.toMatch(/"kind":"(stopped|ended)"/)
  })
})
