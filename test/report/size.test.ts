import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { renderReport } from '../../src/report/report.ts'
import { reportAssets } from '../../src/runs/report-assets.ts'
import { ROOT } from '../cli/klinelab.ts'
import { madeRun } from './made-run.ts'
import { withoutClock } from './without-clock.ts'

describe('how large a page is', () => {
  const assets = reportAssets()
  const size = (html: string) => Buffer.byteLength(html)

  test('a year of minutes with a thousand trades is below 2 MB', () => {
    expect(size(renderReport(madeRun({ rows: 525_600, every: 450 }), assets))).toBeLessThan(2e6)
  })

  test('a year of minutes with a trade every fifth is below 5 MB, and says which trades it left out', () => {
    const run = madeRun({ rows: 525_600, every: 5 })
    const html = renderReport(run, assets)
    expect(size(html)).toBeLessThan(5e6)
    expect(html).toContain('The table holds 25\u202f000 of 105\u202f119 trades')
  })

  test('rendering twice gives the same text, and does not ask for the time', () => {
    const run = madeRun({ rows: 5000, every: 40 })
    const first = renderReport(run, assets)
    expect(withoutClock(() => renderReport(run, assets)) === first).toBe(true)
  })

  test('the sample run is whole and below 3 MB, its picture below 300 kB', () => {
    const sample = join(ROOT, 'reports', 'sample')
    const sizes = new Map(readdirSync(sample).map((name) => [name, statSync(join(sample, name)).size]))
    for (const name of [
      'report.html',
      'report.png',
      'run.json',
      'trades.csv',
      'fills.csv',
      'events.jsonl',
      'equity.parquet',
    ])
      expect(sizes.get(name), name).toBeGreaterThan(0)
    expect([...sizes.values()].reduce((a, b) => a + b)).toBeLessThan(3e6)
    expect(sizes.get('report.png')).toBeLessThan(3e5)
  })
})
