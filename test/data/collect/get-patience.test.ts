import { expect, test } from 'vitest'
import { parseSeries } from '../../../src/core/series.ts'
import { getSeries } from '../../../src/data/collect/get.ts'
import { openStore } from '../../../src/data/store.ts'
import { scratch } from '../../cli/klinelab.ts'
import { NOW_THERE, startVenueServer } from '../../servers/venue-server.ts'

const HOUR = 3_600_000

test.each([
  [undefined, 6],
  [2 * HOUR, 2],
])(
  'many series under a limit without an end take no longer than the patience of %s for all of them',
  async (patience, hours) => {
    let now = NOW_THERE
    const server = await startVenueServer({
      now: () => now,
      fault: ({ path }) => (path.endsWith('/klines') ? { kind: 'status', status: 429, retryAfter: 3600 } : null),
    })
    const clock = {
      now: () => now,
      async sleep(ms: number) {
        now += Math.max(0, ms)
      },
    }
    const names = ['BTC', 'ETH', 'SOL', 'DOGE', 'BTCUP', 'USDC', 'LUNA', 'XRP'].map((base) => `binance:${base}USDT:1h`)
    const origins = { rest: { binance: server.origin } }
    const range = { from: NOW_THERE - 48 * HOUR }
    const { series } = await getSeries(await openStore(scratch()), names.map(parseSeries), range, {
      ...{ origins, clock, isBarsOnly: true, ...(patience !== undefined && { patience }) },
    })
    await server.close()
    expect((now - NOW_THERE) / HOUR).toBeLessThanOrEqual(hours)
    expect(series).toHaveLength(8)
    for (const { error } of series) expect(error).toMatch(/^binance: GET \/api\/v3\/.*429 Too Many Requests/)
  },
)
