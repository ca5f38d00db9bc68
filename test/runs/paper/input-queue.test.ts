import { expect, test } from 'vitest'
import { InputQueue } from '../../../src/runs/paper/input-queue.ts'

const FULL = new Error('the disk is full')

/** Rejections that nobody hears while `act` runs. */
async function unheard(act: () => Promise<void>): Promise<unknown[]> {
  const [seen, others] = [[] as unknown[], process.listeners('unhandledRejection')]
  process.removeAllListeners('unhandledRejection')
  const note = (error: unknown) => void seen.push(error)
  process.on('unhandledRejection', note)
  try {
    await act()
    // Node tells of them after the microtasks of a turn
    await new Promise((next) => setImmediate(next))
  } finally {
    process.off('unhandledRejection', note)
    for (const other of others) process.on('unhandledRejection', other)
  }
  return seen
}

function failing(where: 'write' | 'flush'): InputQueue {
  const journal = { write: () => undefined, flush: async () => undefined }
  journal[where] = () => {
    throw FULL
  }
  const state = { take: () => ({ events: [], breaches: [] }) }
  return new InputQueue(journal as never, state as never, { note: () => undefined } as never, () => undefined)
}

test.each(['write', 'flush'] as const)('a %s that fails is heard by who waits, and ends no process', async (where) => {
  const queue = failing(where)
  const record = { kind: 'broker', note: 'sending' } as const
  const seen = await unheard(async () => {
    void queue.put(record)
    await expect(queue.put(record)).rejects.toBe(FULL)
    // nobody waits for these
    void queue.put(record)
    void queue.put(record)
  })
  expect(seen).toEqual([])
  expect(() => queue.throwIfFailed()).toThrow(FULL)
  await expect(queue.idle()).rejects.toBe(FULL)
})
