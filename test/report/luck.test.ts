import { describe, expect, test } from 'vitest'
import { runText } from '../../src/cli/run-text.ts'
import type { RunResult } from '../../src/core/run.ts'
import { percent, ratio, signedPercent } from '../../src/report/format.ts'
import { luckSection } from '../../src/report/luck-section.ts'
import { RUN_SCHEMA } from '../../src/report/run-schema.ts'
import { madeRun } from './made-run.ts'
import { rowsOf } from './page-text.ts'

const RUN = madeRun({ rows: 24 * 60, every: 40, interval: '1h' })

/** Without tags. */
function textOf(html: string): string {
  return html.replace(/<[^>]*>/g, '')
}

function changed(run: RunResult, luck: Partial<RunResult['document']['luck']>): RunResult {
  return { ...run, document: { ...run.document, luck: { ...run.document.luck, ...luck } } }
}

describe('how much of it is luck, on the page', () => {
  test('says what each part comes to, and the figures it rests on', () => {
    const html = luckSection(RUN)
    const { luck } = RUN.document
    const text = textOf(html)
    for (const verdict of Object.values(luck.verdicts)) expect(text).toContain(verdict)
    const rows = rowsOf(html)
    const { totalReturn } = luck.randomEntries!
    expect(rows).toContainEqual([
      'Return of closed trades',
      signedPercent(totalReturn.observed),
      signedPercent(totalReturn.median),
      `${signedPercent(totalReturn.within90.low)} to ${signedPercent(totalReturn.within90.high)}`,
      `${signedPercent(totalReturn.within95.low)} to ${signedPercent(totalReturn.within95.high)}`,
      totalReturn.p.toFixed(3),
      '',
    ])
    const sharpe = luck.days!.sharpe!
    expect(rows).toContainEqual([
      'Sharpe',
      ratio(sharpe.observed),
      ratio(sharpe.median),
      `${ratio(sharpe.within90.low)} to ${ratio(sharpe.within90.high)}`,
      `${ratio(sharpe.within95.low)} to ${ratio(sharpe.within95.high)}`,
      '',
    ])
    expect(rows.find(([name]) => name === 'Largest drawdown, other orders')?.[1]).toBe(
      percent(luck.trades!.shuffle.maxDrawdown.observed),
    )
    expect(html.match(/<svg class="strip"/g)).toHaveLength(8)
  })

  test('a strip has the run where it lies among the draws', () => {
    const spread = { observed: 3, median: 1, within90: { low: 0, high: 2 }, within95: { low: -1, high: 3 } }
    const days = { ...RUN.document.luck.days!, totalReturn: spread }
    const [svg] = /<svg.*?<\/svg>/.exec(luckSection(changed(RUN, { days, randomEntries: null })))!
    // 92 of 100 parts are for the 4 from −1 to 3
    expect(svg).toContain('<circle cx="96.00%"')
    expect(svg).toContain('<line class="zero" x1="27.00%"')
    expect(svg).toContain('<rect x="27.00%" width="46.00%"')
    expect(svg).toContain('<line class="middle" x1="50.00%"')
  })

  test('says that there are too few trades, in place of numbers', () => {
    const few = madeRun({ rows: 24 * 60, every: 210, interval: '1h' })
    expect(few.trades).toHaveLength(7)
    const words = 'Too few trades to say: 7 were closed, 10 are needed.'
    const html = luckSection(few)
    expect(textOf(html).split(words)).toHaveLength(3)
    expect(html).not.toContain('Random entries: where the draws lie')
    expect(html).not.toContain('Other orders of the trades: where the draws lie')
    expect(html).toContain('Other days: where the draws lie')
    expect(runText(few.document, false)).toContain(`Luck          ${words}`)
  })

  test('gives the reason where there is no Sharpe ratio', () => {
    const reason = 'returns of days never differ'
    const days = { ...RUN.document.luck.days!, sharpe: null }
    const html = luckSection(changed(RUN, { days, notes: { 'days.sharpe': reason } }))
    expect(textOf(html)).toContain(reason)
  })

  test('says of perpetuals that funding is left out', () => {
    expect(luckSection(RUN)).not.toContain('funding')
    const perpetuals = [{ symbol: 'BTCUSDT' }] as unknown as RunResult['document']['perpetuals']
    expect(luckSection({ ...RUN, document: { ...RUN.document, perpetuals } })).toContain(
      'funding is left out on both sides',
    )
  })

  test('what the terminal says is what random entries say, and run.json is as its schema', () => {
    expect(runText(RUN.document, false)).toContain(`Luck          ${RUN.document.luck.verdicts.randomEntries}`)
    expect(RUN_SCHEMA.safeParse(RUN.document).error).toBeUndefined()
  })
})
