import { afterEach, expect, test } from 'vitest'
import { onInterrupt } from '../../src/cli/interrupt.ts'

const before = () => undefined
const left: number[] = []
const count = (name: string | symbol) => {
  if (name === 'SIGINT') left.push(process.listenerCount('SIGINT'))
}

afterEach(() => {
  process.off('removeListener', count)
  process.off('SIGINT', before)
})

test('there is always somebody who hears Ctrl-C: one that came while code was loading is told to whoever listens then', () => {
  process.on('SIGINT', before)
  process.on('removeListener', count)
  const others = process.listeners('SIGINT')
  let told = 0
  const end = onInterrupt(() => told++)
  expect(process.listenerCount('SIGINT')).toBe(1)
  process.emit('SIGINT')
  end()
  expect(process.listeners('SIGINT')).toEqual(others)
  expect(told).toBe(1)
  expect(left.length).toBeGreaterThan(1)
  expect(Math.min(...left)).toBeGreaterThan(0)
})
