import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { queueBackend } from '../../src/search/queue/queue-backend.ts'
import {
  endAll,
  expectedOf,
  freePort,
  kill,
  manifestOf,
  PASSWORD,
  SERVER,
  startRedis,
  startSweep,
  startWorker,
  startWorkerHere,
  type TestRedis,
  TIMES,
  trialsOf,
  until,
} from './queue-scene.ts'

const ENCODED = encodeURIComponent(PASSWORD)

describe('a Redis that is not there', () => {
  test('the sweep says where it looked and what to do, without the password', async () => {
    const port = await freePort()
    const starting = queueBackend({
      ...{ redis: `redis://:${ENCODED}@127.0.0.1:${port}`, manifest: manifestOf({ seed: 1, ms: 1 }) },
      times: { connect: 300 },
    })
    const error = await starting.then(
      () => null,
      (reason: Error) => reason,
    )
    expect(error?.message).toContain(`cannot reach Redis at redis://127.0.0.1:${port}: connect ECONNREFUSED`)
    expect(error?.message).toContain('--redis or KLINELAB_REDIS')
    expect(error?.stack).not.toMatch(new RegExp(`${PASSWORD}|${ENCODED}`))
  })

  test('a worker waits for it a while, then ends with an error', async () => {
    const port = await freePort()
    const worker = startWorker({ url: `redis://:${ENCODED}@127.0.0.1:${port}`, times: { connectWorker: 500 } })
    expect(await worker.exit).toBe(1)
    expect(worker.text()).toContain(`cannot reach Redis at redis://127.0.0.1:${port}`)
    expect(worker.text()).not.toMatch(new RegExp(`${PASSWORD}|${ENCODED}`))
  })
})

describe.skipIf(SERVER === undefined)('Redis in trouble (needs redis-server or valkey-server)', () => {
  let redis: TestRedis
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterEach(async () => {
    await redis.kill()
    await redis.start()
    await endAll()
  })
  afterAll(() => redis.stop())

  test('killed in the middle and back with nothing in it: the sweep waits, says so, goes on', async () => {
    const manifest = manifestOf({ seed: 2, ms: 30 })
    const trials = trialsOf(40)
    const times = { silent: 1500 }
    const workers = [startWorkerHere({ url: redis.url, times }), startWorkerHere({ url: redis.url, times })]
    const sweep = await startSweep({ url: redis.url, manifest, chunk: 2, times })
    const running = sweep.run(trials)
    await until(() => sweep.told.length >= 6 && workers.every((worker) => worker.text().includes('takes part')))
    await redis.kill()
    await until(() => sweep.said.length > 0 && workers.every((worker) => worker.text().includes('does not answer')))
    await redis.start()
    await running
    expect(sweep.sorted()).toBe(expectedOf(manifest, trials))
    expect(sweep.said).toEqual([
      `Redis at redis://127.0.0.1:${redis.port} does not answer; waiting for it, 120 s at most`,
      `Redis at redis://127.0.0.1:${redis.port} is back; going on`,
    ])
    for (const text of [...sweep.said, ...workers.map((worker) => worker.text())])
      expect(text).not.toMatch(new RegExp(`${PASSWORD}|${ENCODED}`))
    await sweep.close()
  })

  test('away for too long: the sweep and its workers give up and say so', async () => {
    const manifest = manifestOf({ seed: 3, ms: 20 })
    const times = { ...TIMES, away: 3000 }
    const worker = startWorker({ url: redis.url, times })
    const sweep = await startSweep({ url: redis.url, manifest, chunk: 1, times })
    const running = sweep.run(trialsOf(1000))
    const settled = expect(running).rejects.toThrow(
      /^Redis at redis:\/\/127\.0\.0\.1:\d+ has been away for 3 s: giving up$/,
    )
    await until(() => sweep.told.length >= 2)
    await redis.kill()
    await settled
    await sweep.close()
    expect(await worker.exit).toBe(1)
    expect(worker.text()).toContain('giving up')
  })

  test('a wrong password is said, and not repeated', async () => {
    const url = redis.url.replace(ENCODED, 'wrong-word')
    const starting = queueBackend({ redis: url, manifest: manifestOf({ seed: 4, ms: 1 }), times: { connect: 500 } })
    await expect(starting).rejects.toThrow(
      /cannot reach Redis at redis:\/\/127\.0\.0\.1:\d+: .*(WRONGPASS|NOAUTH|password)/,
    )
    await expect(starting).rejects.not.toThrow(/wrong-word/)
  })

  test('of a sweep that was killed nothing stays', async () => {
    const manifest = manifestOf({ seed: 5, ms: 1 })
    const times = { ...TIMES, expiry: 500 }
    const sweep = startWorker({ url: redis.url, sweep: { manifest, trials: trialsOf(10) }, times })
    // it is in the middle of it: in the first milliseconds a job would be left for a worker to clear away
    await until(async () => {
      const keys = await redis.keys()
      const ends = await Promise.all(keys.map((key) => redis.client.pttl(key)))
      return keys.some((key) => key.endsWith(':j10')) && ends.every((ms) => ms > 0)
    })
    await kill(sweep)
    await until(async () => (await redis.keys()).length === 0)
  })

  test('nor where its workers are stopped before they know: what they finish meanwhile ends, too', async () => {
    const manifest = manifestOf({ seed: 6, ms: 30 })
    const sweep = startWorker({ url: redis.url, sweep: { manifest, trials: trialsOf(400) } })
    const worker = startWorkerHere({ url: redis.url })
    await until(() => worker.text().includes('takes part'))
    const finished = async () => {
      const key = (await redis.keys()).find((one) => one.endsWith(':completed'))
      return key === undefined ? 0 : redis.client.zcard(key)
    }
    await until(async () => (await finished()) > 0)
    await kill(sweep)
    // nobody takes it away any more
    await until(async () => (await finished()) > 1)
    await endAll()
    const ends = await Promise.all(
      (await redis.keys()).map(async (key) => [key, await redis.client.pttl(key)] as const),
    )
    expect(ends.some(([key]) => key.endsWith(':completed'))).toBe(true)
    expect(ends.filter(([, ms]) => ms < 0)).toEqual([])
  })
})
