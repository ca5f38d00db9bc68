import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { SYSTEM_CLOCK } from '../../../../src/data/stream/stream-clock.ts'
import { LocalBroker } from '../../../../src/runs/paper/local-broker.ts'
import { PaperSession } from '../../../../src/runs/paper/session.ts'
import { lineOf } from '../../../../src/runs/paper/watch/log-entry.ts'
import { Watch } from '../../../../src/runs/paper/watch/watch.ts'
import { settle } from '../../../../src/runs/settings.ts'
import { ROOT, scratch } from '../../../cli/klinelab.ts'

test('what an alarm has said is not said again by the halt that follows it, and what nobody has said is', async () => {
  const never = () => {
    throw new Error('of live bars alone')
  }
  const session = await PaperSession.open({
    asked: {
      strategy: resolve(ROOT, 'strategies', 'sma-cross.ts'),
      data: ['binance:BTCUSDT:1h'],
      set: { fast: 3, slow: 8 },
      ...{ replay: { from: Date.UTC(2024, 0, 1), to: Date.UTC(2024, 0, 5) }, broker: 'local', fills: 'bars' },
      safety: {
        ...{ maxLoss: 20, maxRejected: null, stale: null, maxClockOffset: null },
        on: { 'loss-limit': 'halt', 'rejected-burst': 'none', 'stale-data': 'none', 'clock-offset': 'none' },
      },
    },
    settings: settle({ store: resolve(ROOT, 'datasets'), out: scratch() }, { config: {}, file: null }, {}, ROOT),
    ...{ broker: new LocalBroker(), accounts: scratch() },
    bringing: { shelf: null, now: () => 0, get: async () => never() },
    live: never,
    ...{ clock: SYSTEM_CLOCK, real: SYSTEM_CLOCK, monotonic: () => performance.now(), speed: 'max', onStop: 'keep' },
    redact: (value) => value,
  })
  const lines: string[] = []
  const watch = await Watch.open(session, {
    ...{ redact: (value) => value, webhook: null, key: null, now: () => 0, metrics: null, dashboard: null },
    onAlarm: ({ kind, text }) => lines.push(`${kind}: ${text}`),
    onEntry: (entry) => {
      if (entry.event === 'halted') lines.push(lineOf(entry, false))
    },
  })
  await session.run(new AbortController().signal)
  await watch.close()
  expect(lines).toEqual([
    expect.stringMatching(/^loss-limit: equity is .* the loss has reached its limit of 20$/),
    expect.stringMatching(/ warn: halted: RISK_HALT, for the alarm loss-limit$/),
  ])
})
