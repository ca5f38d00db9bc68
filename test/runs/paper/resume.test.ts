import { readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { askSession, type ControlAnswer } from '../../../src/runs/paper/control.ts'
import type { BrokerHost, PaperBroker } from '../../../src/runs/paper/paper-broker.ts'
import type { PaperSession } from '../../../src/runs/paper/session.ts'
import { scratch } from '../../cli/klinelab.ts'
import { at, opened, running, stored, until } from './live-session-scene.ts'

/** Longer than an answer waits for what the exchange shows, ms. */
const LONG = 6000

afterEach(() => vi.restoreAllMocks())

const done = async () => undefined

/** Accepts something at a resume, as where somebody else has traded, and never sees the account. */
const ACCEPTING = () => {
  let host: BrokerHost
  const broker: PaperBroker = {
    ...{ fills: 'told', handle: () => undefined, reconcile: done, idle: done, close: done },
    open: async (given) => {
      host = given
    },
    resumed: async () => {
      await host.note({ kind: 'broker', note: 'accepted', gaps: {}, orders: {} })
      await new Promise(() => undefined)
    },
  }
  return broker
}

/** A session that somebody has halted, on a disk whose next flushes, from the `nth` on, wait until they are let go, or fail. */
async function halted(nth: number, broker?: PaperBroker) {
  const [store, out] = [await stored(100), scratch()]
  const { session, venue } = await opened(store, out, broker === undefined ? {} : { broker })
  const run = await running(session, venue)
  await venue.play(at(0), at(2))
  await until(() => session.state.run.at === at(2))
  await session.command('halt', 'somebody looks at it', 'a person')
  const handle = await open(join(session.dir, 'journal.log'), 'r')
  const files = Object.getPrototypeOf(handle)
  await handle.close()
  const { datasync } = files
  const gate = Promise.withResolvers<Error | null>()
  let flushes = 0
  vi.spyOn(files, 'datasync').mockImplementation(async function (this: unknown) {
    const error = ++flushes >= nth ? await gate.promise : null
    if (error !== null) throw error
    return datasync.call(this)
  })
  return { ...{ session, venue, store, out, gate }, ...run }
}

const journalOf = ({ dir }: PaperSession) => readFileSync(join(dir, 'journal.log'), 'utf8')

function asked(session: PaperSession): { answer: ControlAnswer | null; readonly over: Promise<unknown> } {
  const asking = askSession(session.dir, { ask: 'resume', why: 'all is well there' })
  const seen: ReturnType<typeof asked> = {
    answer: null,
    over: asking.then((answer) => {
      seen.answer = answer
    }),
  }
  return seen
}

describe('a resume', () => {
  test.each([
    ['it is', 1, undefined, '"command":"resume"', 'halted'],
    ['what it accepts is', 2, ACCEPTING, '"note":"accepted"', 'running'],
  ] as const)('is not said to be done before %s on the disk', async (_, nth, broker, record, meanwhile) => {
    const { session, venue, gate, stop, ended } = await halted(nth, broker?.())
    const told = asked(session)
    // handed to the system, which a power cut would take it from
    await until(() => journalOf(session).includes(record))
    await venue.clock.moveTo(venue.clock.now() + LONG)
    // whatever was said of the resume is said before this is
    expect(await askSession(session.dir, { ask: 'status' })).toMatchObject({ snapshot: { state: meanwhile } })
    expect(told.answer).toBeNull()
    gate.resolve(null)
    await told.over
    expect(told.answer).toMatchObject({ ok: true, snapshot: { state: 'running' } })
    stop.abort()
    await ended
  })

  test('that cannot be written is said not to be done, and the session is halted when it goes on', async () => {
    const { session, venue, gate, ended, store, out } = await halted(1)
    const told = asked(session)
    await until(() => journalOf(session).includes('"command":"resume"'))
    gate.resolve(Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' }))
    await told.over
    expect(told.answer).toEqual({ ok: false, error: expect.stringMatching(/journal\.log: it cannot be written/) })
    venue.feed.disconnected('played')
    await expect(ended).rejects.toThrow(/journal\.log: it cannot be written/)
    vi.restoreAllMocks()
    expect(journalOf(session)).not.toContain('"command":"resume"')
    const { session: next } = await opened(store, out, { now: 2 })
    expect(next.state.isHalted).toBe(true)
    next.abandon()
  })
})
