import { expect, test } from 'vitest'
import { venueTime } from '../../src/runs/paper/venue-time.ts'
import { barsOf, play, slotOf } from './played.ts'

const BARS = [slotOf(barsOf([[100, 101, 99, 100], [100, 101, 99, 100]], 1))] // biome-ignore format: two bars

test('every answer says how the replay stands, refusals and unknown paths too, and no body of Binance’s says it', async () => {
  const played = await play({ slots: BARS })
  try {
    const word = async (path: string) => {
      const reply = await fetch(`${played.origin}${path}`)
      expect(await reply.text()).not.toMatch(/klinelab|replay/)
      return reply.headers.get('x-klinelab-replay')
    }
    const paths = ['/fapi/v1/time', '/fapi/v1/klines?symbol=NONE', '/fapi/v3/account', '/fapi/v9/nothing']
    expect(await Promise.all(paths.map(word))).toEqual(Array(4).fill('waits'))
    const clock = await venueTime(played.origin, 'usdm')
    expect(clock.replay.state()).toEqual({ word: 'waits', speed: null })
    while ((await played.step()).at !== 'end');
    await played.run
    expect(await word('/fapi/v1/time')).toBe('ended')
    expect(await played.control('GET', '/state')).toMatchObject({ replay: { word: 'ended', speed: null } })
    // what it said last is a while ago: it can be asked
    expect(await clock.replay.ask()).toEqual({ word: 'ended', speed: null })
    expect(clock.now()).toBe(played.exchange.market.now())
    clock.close()
  } finally {
    await played.close()
  }
})

test('one that plays by itself says how fast', async () => {
  const timed = await play({ slots: BARS, speed: 2.5 })
  const reply = await fetch(`${timed.origin}/fapi/v1/time`)
  expect(reply.headers.get('x-klinelab-replay')).toBe('plays 2.5x')
  await timed.close()
})
