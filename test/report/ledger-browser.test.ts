import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { LedgerVerdict } from '../../src/core/ledger.ts'
import { judgeOverfitting } from '../../src/metrics/overfitting.ts'
import { renderReport } from '../../src/report/report.ts'
import { renderSweepReport } from '../../src/report/sweep-report.ts'
import { renderWalkForwardReport } from '../../src/report/walk-forward-report.ts'
import { reportAssets } from '../../src/runs/report-assets.ts'
import { scratch } from '../cli/klinelab.ts'
import { madeReturns } from '../search/made-trials.ts'
import { madeVerdict } from './made-ledger.ts'
import { madeRun } from './made-run.ts'
import { madeSweep } from './made-sweep.ts'
import { madeWalkForward } from './made-walk-forward.ts'
import { CHROMIUM, inPage, leave, openWatched } from './watched-page.ts'

/** As long as the numbers of days become where a strategy is worth next to nothing. */
const long = { minimumTrackRecord: 632_412.3, minimumTrackRecordDeflated: 7_983_980.1 }
const returns = madeReturns(0)
const many = { ...madeVerdict, overfitting: { ...madeVerdict.overfitting!, ...long } }
const alone = {
  ...{ ...madeVerdict, trials: 1 },
  overfitting: { ...judgeOverfitting(returns, [{ returns }], { trials: 1 }), ...long },
}
const assets = reportAssets()
const run = (verdict: LedgerVerdict) => renderReport(madeRun({ rows: 5000, every: 40 }), assets, verdict)

/** Cells of numbers of which some part is out of sight to the right, before anybody scrolls. */
const HIDDEN = `[...document.querySelectorAll('#tried td')].filter((cell) => {
  const range = document.createRange()
  range.selectNodeContents(cell)
  return range.getBoundingClientRect().right > cell.closest('.scroll').getBoundingClientRect().right
}).map((cell) => cell.parentElement.textContent)`

describe.skipIf(CHROMIUM === undefined)('what was tried, on a phone', () => {
  test.each([
    ['run', () => run(many), 15],
    ['run that is the only trial', () => run(alone), 2],
    ['sweep', () => renderSweepReport(madeSweep(), assets, many), 15],
    ['walk-forward', () => renderWalkForwardReport(madeWalkForward(), assets, many), 15],
  ] as const)('every number of the table of a %s is in sight at 390 pixels', async (kind, render, cells) => {
    const file = join(scratch(), `${kind}.html`)
    writeFileSync(file, render())
    const noise: string[] = []
    const page = await openWatched(file, noise)
    await page.setViewportSize({ width: 390, height: 800 })
    expect(await page.locator('#tried td').count()).toBe(cells)
    expect(await inPage(page, HIDDEN)).toEqual([])
    expect(await inPage(page, 'document.documentElement.scrollWidth')).toBe(390)
    expect(noise).toEqual([])
    leave(page)
  })
})
