import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { packed, unpacked } from '../../src/search/queue/exact-json.ts'
import { loadQueuePackages, redisAddress } from '../../src/search/queue/redis-address.ts'
import { WorkList } from '../../src/search/queue/work-list.ts'
import { trialsOf } from './queue-scene.ts'

describe('exact JSON', () => {
  test('whatever an outcome holds comes back bit by bit', () => {
    const part = fc.oneof(fc.double(), fc.constantFrom(-0, null, 'NaN', true), fc.string())
    const value = fc.dictionary(fc.string({ minLength: 1, maxLength: 5 }), fc.oneof(part, fc.array(part)))
    fc.assert(
      fc.property(value, (outcome) => {
        // toStrictEqual tells 0 from -0, and knows that NaN is NaN
        expect(unpacked(JSON.parse(JSON.stringify(packed({ ...outcome }))))).toStrictEqual({ ...outcome })
      }),
    )
  })
})

describe('an address of a Redis', () => {
  test.each([
    ['redis://host', 'redis://host:6379'],
    ['redis://user:se%40cret@host:7000/3', 'redis://host:7000/3'],
    ['rediss://:se%40cret@host', 'rediss://host:6379'],
    ['redis://host?password=se%40cret', 'redis://host:6379'],
  ])('%s is spoken of as %s', (url, name) => {
    const address = redisAddress(url)
    expect(address.name).toBe(name)
    expect(address.scrub(`refused ${url}${url.includes('cret') ? ' se@cret' : ''}`)).toBe(
      `refused ${name}${url.includes('cret') ? ' ***' : ''}`,
    )
  })

  test.each([
    'http://:secret@host',
    'redis:secret@host',
    'redis://:se#cret@host',
    'secret@host:6379',
    'redis://?password=secret',
    '',
  ])('%s is refused without what may be a password', (url) => {
    expect(() => redisAddress(url)).toThrow(/is no address of a Redis; write redis:/)
    expect(() => redisAddress(url)).not.toThrow(/cret/)
  })

  test('a package that is missing is named with what to install', async () => {
    const error = Object.assign(new Error("Cannot find package 'ioredis' imported from x"), {
      code: 'ERR_MODULE_NOT_FOUND',
    })
    const load = (name: string) => (name === 'ioredis' ? Promise.reject(error) : import(name))
    await expect(loadQueuePackages(load)).rejects.toThrow(
      'many machines need BullMQ, of which ioredis is not installed: npm install bullmq ioredis',
    )
  })
})

describe('the list of work', () => {
  const numbers = (work: WorkList, slots = 2) => work.take(slots)?.trials.map(({ number }) => number)

  test('jobs are of one trial until it is known how long one takes, then of about a second', () => {
    const work = new WorkList(null)
    work.start(trialsOf(1000))
    expect(numbers(work)).toEqual([1])
    work.learn(1, 100)
    expect(numbers(work)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    const slow = new WorkList(null)
    slow.start(trialsOf(3))
    slow.learn(1, 60_000)
    expect(numbers(slow)).toEqual([1])
    const quick = new WorkList(null)
    quick.start(trialsOf(1000))
    quick.learn(1000, 0)
    expect(numbers(quick)).toHaveLength(64)
  })

  test('towards the end there is a job for each that can take one', () => {
    const work = new WorkList(null)
    work.start(trialsOf(40))
    work.learn(1, 1)
    // 40 trials over 2 × 5 jobs, then 36 over the same, rounded up
    expect(numbers(work, 5)).toHaveLength(4)
    expect(numbers(work, 5)).toHaveLength(4)
    expect(numbers(work, 5)).toHaveLength(4)
    expect(numbers(work, 5)).toHaveLength(3)
  })

  test('what failed is tried trial by trial, and before the rest; the third failure is the last', () => {
    const work = new WorkList(2)
    work.start(trialsOf(5))
    expect(work.fail(work.take(1)!, 'first')).toEqual([])
    const [one, two] = [work.take(1)!, work.take(1)!]
    expect([one, two].map(({ trials, tries }) => [trials.map(({ number }) => number), tries])).toEqual([
      [[1], 1],
      [[2], 1],
    ])
    expect(work.fail(one, 'second')).toEqual([])
    const third = work.take(1)!
    expect(third).toEqual({ trials: trialsOf(1), tries: 2 })
    expect(work.fail(third, 'third').map(({ number, status, reason }) => [number, status, reason])).toEqual([
      [1, 'failed', 'given up after 3 tries, the last: third'],
    ])
    // the fault of nobody is no try
    work.giveBack(two)
    expect(work.take(1)).toEqual(two)
    expect(numbers(work)).toEqual([3, 4])
    expect(numbers(work)).toEqual([5])
    expect(work.take(1)).toBeUndefined()
    expect(work.isEmpty).toBe(true)
  })
})
