import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseSeries } from '../../src/core/series.ts'
import { importFiles, openStore } from '../../src/data/index.ts'
import { runBacktest } from '../../src/index.ts'
import { explain } from '../../src/runs/explain.ts'
import type { Step } from '../../src/runs/explain-steps.ts'
import { explanationParts } from '../../src/runs/explain-words.ts'

import { HOUR, project, SERIES, START } from './explain-scene.ts'

describe('more than one interval', () => {
  test('an order that waited for the close of a longer bar: what was returned, and when; values of higher intervals', async () => {
    const { dir, store } = await project()
    const other = [0, 4, 8, 12, 16, 20, 24].map((hour) => [START + hour * HOUR, 10, 12, 9, 11, 5].join(','))
    writeFileSync(join(dir, 'other.csv'), `${['open_time,open,high,low,close,volume', ...other].join('\n')}\n`)
    const options = { now: START + 1e10, onError: 'stop' } as const
    await importFiles(await openStore(store), [join(dir, 'other.csv')], parseSeries('binance:OTHERUSDT:4h'), options)
    const module = (name: string, text: string) => {
      const path = join(dir, `${name}.ts`)
      writeFileSync(
        path,
        `import { buy, close, defineStrategy, sma } from 'klinelab'\nexport default defineStrategy({ name: '${name}', ${text} })\n`,
      )
      return path
    }
    const hour = `const hour = (at - ${START}) / ${HOUR}`
    const mixed = module(
      'mixed',
      `onBar({ symbol, at }) { ${hour}
        if (symbol === 'TESTUSDT' && hour === 6) return [buy({ qty: 3 }), buy({ symbol: 'OTHERUSDT', qty: 1 })]
        if (symbol === 'TESTUSDT' && hour === 16) return close({ symbol: 'OTHERUSDT' }) }`,
    )
    const data = [SERIES, 'binance:OTHERUSDT:4h']
    const run = await runBacktest({ strategy: mixed, store, data, out: join(dir, 'out') })
    const { explanation } = await explain(run.dir, { trade: 1 }, store, dir)
    const [entry, exit] = explanation.steps as [Step, Step]
    expect(explanation.mismatches).toEqual([])
    // its bar from 4 to 8 was underway, so the request waited for that bar's close
    expect(entry).toMatchObject({ acceptedAt: START + 8 * HOUR, order: { symbol: 'OTHERUSDT' } })
    expect(entry.decided!.answers).toEqual([
      {
        at: START + 6 * HOUR,
        symbol: 'TESTUSDT',
        requests: [{ kind: 'order', side: 'buy', symbol: 'OTHERUSDT', qty: 1 }],
      },
    ])
    expect(entry.decided!.others).toEqual([{ symbol: 'TESTUSDT', qty: 3, orders: 0 }])
    expect(new Map(explanationParts(explanation)[1]!.facts).get('Returned')).toMatch(/, at 2024-01-01T06:00$/)
    expect(entry.filled!.bar.openTime).toBe(START + 8 * HOUR)
    expect(exit.filled!.fill.time).toBe(START + 16 * HOUR)

    const higher = module(
      'higher',
      `also: { h4: { interval: '4h', indicators: () => ({ mean: sma(2) }) } },
       onBar({ at }) { ${hour}
        if (hour === 13) return buy({ qty: 1 })
        if (hour === 17) return close() }`,
    )
    const one = await runBacktest({ strategy: higher, store, data: SERIES, out: join(dir, 'out') })
    const [first] = (await explain(one.dir, { trade: 1 }, store, dir)).explanation.steps
    // bars from 4 to 8 and from 8 to 12 end with the closes of hours 7 and 11: 100.7 and 101.1
    expect(first!.decided!.sight!.also['h4']!.bar.closeTime).toBe(START + 12 * HOUR)
    expect(first!.decided!.sight!.also['h4']!.ind['mean']).toBeCloseTo(100.9, 12)
  })
})
