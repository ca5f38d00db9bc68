import { describe, expect, test } from 'vitest'
import { triedText, worthFacts } from '../../src/cli/ledger-text.ts'
import { judgeOverfitting } from '../../src/metrics/overfitting.ts'
import { ledgerBlock, ledgerSection } from '../../src/report/ledger-section.ts'
import { renderReport } from '../../src/report/report.ts'
import { reportAssets } from '../../src/runs/report-assets.ts'
import { madeReturns } from '../search/made-trials.ts'
import { madeVerdict as verdict } from './made-ledger.ts'
import { madeRun } from './made-run.ts'

const textOf = (html: string) => html.replace(/<[^>]+>/g, ' ').replace(/[\s\u202f]+/g, ' ')

describe('what was tried, in a report', () => {
  test('stands between two marks, which are there without it too', () => {
    expect(ledgerBlock(null)).toBe('<!--ledger--><!--/ledger-->')
    expect(ledgerBlock(verdict)).toBe(`<!--ledger-->${ledgerSection(verdict)}<!--/ledger-->`)
    expect(ledgerSection(verdict)).not.toContain('<!--')
  })

  test('how many, of what, when, and the verdict in its own words', () => {
    const text = textOf(ledgerSection(verdict))
    expect(text).toContain('It is one of 13 different trials in the project’s ledger, from 2026-01-01 to 2026-02-03: ')
    expect(text).toContain('sma-cross 9, b 1, c 1, d 1 and 1 other.')
    expect(text).toContain(verdict.overfitting!.verdict)
  })

  test('each figure of the verdict as if alone, and counted', () => {
    const text = textOf(ledgerSection(verdict))
    const { sharpe, expectedMaximum, probabilistic, deflated, effectiveTrials } = verdict.overfitting!
    const minus = (digits: string) => digits.replace('-', '−')
    expect(text).toContain(`Sharpe ${minus(sharpe!.toFixed(2))} over 366 days`)
    expect(text).toContain(`Trials 1 13 ${effectiveTrials}`)
    expect(text).toContain(`without skill 0.00 ${expectedMaximum!.toFixed(2)}`)
    expect(text).toContain(`${(100 * probabilistic!).toFixed(1)} % ${(100 * deflated!).toFixed(1)} %`)
    expect(text).toContain('Chance of overfitting, 12 trials over the same days')
    expect(text).not.toContain('of them different')
  })

  test('beside a Sharpe ratio of the run that is less by a risk-free rate, that those of the ledger are not', () => {
    const alone = judgeOverfitting(madeReturns(0), [{ returns: madeReturns(0) }], { trials: 1 })
    for (const one of [verdict, { ...verdict, trials: 1, overfitting: alone }]) {
      expect(textOf(ledgerSection(one, 0.04))).toMatch(/over 366 days, the risk-free 4 % not taken off/)
      expect(textOf(ledgerSection(one))).not.toContain('risk-free')
      expect(triedText(one, 0.04)).toMatch(/\n +Sharpe ratios are compared without --risk-free 0.04 taken off\.$/)
      expect(triedText(one, 0)).not.toContain('risk-free')
    }
    const made = madeRun({ rows: 500, every: 40 })
    const run = { ...made, document: { ...made.document, riskFree: 0.04 } }
    expect(renderReport(run, reportAssets(), verdict)).toContain(ledgerBlock(verdict, 0.04))
  })

  test('of trials that did exactly the same, that halves were compared of one', () => {
    const { crossValidation, ...rest } = verdict.overfitting!
    const alike = { ...rest, crossValidation: { ...crossValidation!, trials: 10 } }
    const said = 'overfitting, 12 trials over the same days, 10 of them different'
    expect(textOf(ledgerSection({ ...verdict, overfitting: alike }))).toContain(said)
    const facts = worthFacts(alike, 12).map(([, text]) => text)
    expect(facts.at(-1)).toContain('12 trials over the same days, 10 of them different')
    // a terminal writes thousands with commas, in this figure too
    const many = { ...rest, crossValidation: { ...crossValidation!, trials: 2039 } }
    expect(worthFacts(many, 2040).at(-1)![1]).toContain('2,040 trials over the same days, 2,039 of them different')
  })

  test('of one trial only what can be said of it alone: no column of dashes, and no reason for them', () => {
    const returns = madeReturns(0)
    const overfitting = judgeOverfitting(returns, [{ returns }], { trials: 1 })
    const text = textOf(ledgerSection({ ...verdict, trials: 1, overfitting }))
    expect(text).toContain(`true Sharpe is above 0 ${(100 * overfitting.probabilistic!).toFixed(1)} %`)
    expect(text).toMatch(/Days needed to be sure [\d ]+ days/)
    expect(text).not.toContain('–')
    expect(text).not.toContain('nothing was chosen')
  })

  test('too few to say, in words', () => {
    const returns = madeReturns(1, 12)
    const overfitting = judgeOverfitting(returns, [{ returns }], { trials: 1 })
    const text = textOf(ledgerSection({ ...verdict, trials: 1, overfitting }))
    expect(text).toContain('It is the only trial in the project’s ledger')
    expect(text).toContain('too few to say')
    expect(text).not.toMatch(/NaN|null|undefined/)
    expect(textOf(ledgerSection({ ...verdict, overfitting: null }))).toContain('no daily returns')
  })

  test('names are text, damage and a narrowed view are told', () => {
    const evil = '<!--/ledger--><script>'
    const html = ledgerSection({
      ...verdict,
      ...{ byName: [{ name: evil, trials: 13 }], view: { name: evil, series: null }, unreadable: 2 },
    })
    expect(html).not.toContain('<script>')
    expect(html).not.toContain('<!--')
    expect(textOf(html)).toContain('are counted here; more were made')
    expect(textOf(html)).toContain('2 lines of the ledger could not be read and are not counted')
  })
})
