import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { StreamHub } from '../../src/exchange/stream-hub.ts'

const MIB = 1024 * 1024

/** A reader that has not read so many bytes yet. */
class SlowReader extends EventEmitter {
  readonly OPEN = 1
  readonly readyState = 1
  isCut = false
  sent = 0
  bufferedAmount: number

  constructor(bufferedAmount: number) {
    super()
    this.bufferedAmount = bufferedAmount
  }

  send(): void {
    this.sent++
  }

  terminate(): void {
    this.isCut = true
  }
}

test.each([
  // 64 MiB for each while they are few
  [1, 64, false],
  [1, 65, true],
  [4, 64, false],
  // and 256 for all: 8 for each of 32, of 300 the 2 that each is left
  [32, 8, false],
  [32, 9, true],
  [300, 2, false],
  [300, 3, true],
])('%i readers that are %i MiB behind: cut off is %s', (count, mebibytes, isCut) => {
  const hub = new StreamHub({ onChange: () => undefined } as never, { ofFrame: () => [] } as never)
  const path = { road: 'private', isWrapped: false, names: [], events: null } as const
  const readers = Array.from({ length: count }, () => new SlowReader(mebibytes * MIB))
  const wire = { cork: () => undefined, uncork: () => undefined }
  for (const reader of readers) hub.connect(reader as never, wire as never, path)
  readers[0]!.emit('message', JSON.stringify({ method: 'LIST_SUBSCRIPTIONS', id: 1 }))
  expect([readers[0]!.isCut, readers[0]!.sent]).toEqual([isCut, isCut ? 0 : 1])
})
