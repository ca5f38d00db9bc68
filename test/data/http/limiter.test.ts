import { describe, expect, test } from 'vitest'
import type { HttpClock } from '../../../src/data/http/http-clock.ts'
import { type Caller, Limiter, limiterOf, type Pause } from '../../../src/data/http/limiter.ts'

/** Time passes only where somebody sleeps. */
function fakeClock(): HttpClock & { time: number } {
  return {
    time: 1_000_000,
    now() {
      return this.time
    },
    async sleep(ms) {
      this.time += Math.max(0, ms)
    },
  }
}

function callerAt(clock: HttpClock, pauses: Pause[] = [], isUnlimited = false): Caller {
  return { clock, isUnlimited, onWait: (pause) => pauses.push(pause) }
}

const LIMITS = { weight: 10, window: 1000, usedHeader: 'x-used', parallel: 3 }

async function spend(limiter: Limiter, caller: Caller, weights: readonly number[]): Promise<readonly number[]> {
  const sent: number[] = []
  for (const weight of weights) {
    const giveBack = await limiter.take(weight, caller)
    sent.push(caller.clock.now())
    giveBack()
  }
  return sent
}

describe('a venue’s allowance', () => {
  test('no window of its length ever holds more weight than it allows, and no time is wasted', async () => {
    const clock = fakeClock()
    const weights = Array.from({ length: 60 }, (_, k) => 1 + (k % 4))
    const sent = await spend(new Limiter(LIMITS), callerAt(clock), weights)
    for (const start of sent) {
      const within = weights.filter((_, k) => sent[k]! >= start && sent[k]! < start + LIMITS.window)
      expect(within.reduce((sum, weight) => sum + weight, 0)).toBeLessThanOrEqual(LIMITS.weight)
    }
    // 60 requests of 2.5 each are 150; four of 1 to 4 fill a window of 10 exactly, so 15 windows and 14 waits between them
    expect(sent.at(-1)! - sent[0]!).toBeGreaterThanOrEqual(14 * 1000)
    expect(sent.at(-1)! - sent[0]!).toBeLessThanOrEqual(14 * 1000 * 1.03)
  })

  test('what the venue says others have used is left to them', async () => {
    const clock = fakeClock()
    const limiter = new Limiter(LIMITS)
    await spend(limiter, callerAt(clock), [2])
    limiter.heard(9, clock.now())
    const pauses: Pause[] = []
    const [one, two] = await spend(limiter, callerAt(clock, pauses), [1, 1])
    expect(two! - one!).toBeGreaterThanOrEqual(1000)
    expect(pauses).toMatchObject([{ reason: 'allowance', why: '10 of the 10 it allows in 1 s are used' }])
  })

  test('what it says of our own requests is not counted twice', async () => {
    const clock = fakeClock()
    const limiter = new Limiter(LIMITS)
    await spend(limiter, callerAt(clock), [8])
    limiter.heard(8, clock.now())
    const [at] = await spend(limiter, callerAt(clock), [2])
    expect(at).toBe(1_000_000)
  })

  test('a request larger than the allowance goes when nothing else has gone', async () => {
    const clock = fakeClock()
    const sent = await spend(new Limiter(LIMITS), callerAt(clock), [50, 1])
    expect(sent[0]).toBe(1_000_000)
    expect(sent[1]! - sent[0]!).toBeGreaterThanOrEqual(1000)
  })

  test('without limits nothing waits, except for what the venue says', async () => {
    const clock = fakeClock()
    const limiter = new Limiter(LIMITS)
    const caller = callerAt(clock, [], true)
    expect(new Set(await spend(limiter, caller, new Array(20).fill(5)))).toEqual(new Set([1_000_000]))
    const told = { status: 418, code: null, said: null }
    limiter.pause({ reason: 'banned', until: 1_090_000, why: '418', ...told })
    limiter.pause({ reason: 'limit', until: 1_001_000, why: '429', ...told })
    expect(await spend(limiter, caller, [1])).toEqual([1_090_000])
  })

  test('no more are underway than the venue likes, and turns come in order', async () => {
    const clock = fakeClock()
    const limiter = new Limiter({ ...LIMITS, weight: 1000 })
    const order: number[] = []
    const backs: (() => void)[] = []
    const takes = [0, 1, 2, 3, 4].map(async (k) => {
      backs.push(await limiter.take(1, callerAt(clock)))
      order.push(k)
    })
    await settled()
    expect(order).toEqual([0, 1, 2])
    backs.shift()!()
    await settled()
    expect(order).toEqual([0, 1, 2, 3])
    backs.shift()!()
    await Promise.all(takes)
    expect(order).toEqual([0, 1, 2, 3, 4])
  })

  test('who is told to stop leaves the line, and those behind go on', async () => {
    const clock = fakeClock()
    const limiter = new Limiter({ ...LIMITS, weight: 1000, parallel: 1 })
    const first = await limiter.take(1, callerAt(clock))
    const stop = new AbortController()
    const second = limiter.take(1, { ...callerAt(clock), signal: stop.signal })
    const third = limiter.take(1, { ...callerAt(clock), signal: stop.signal })
    const fourth = limiter.take(1, callerAt(clock))
    stop.abort(new Error('enough'))
    await expect(second).rejects.toThrow('enough')
    await expect(third).rejects.toThrow('enough')
    first()
    ;(await fourth)()
  })

  test('a process has one a venue and address', () => {
    const one = limiterOf('binance http://a', LIMITS)
    expect(limiterOf('binance http://a', LIMITS)).toBe(one)
    expect(limiterOf('binance http://b', LIMITS)).not.toBe(one)
    expect(limiterOf('kraken http://a', LIMITS)).not.toBe(one)
  })
})

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
