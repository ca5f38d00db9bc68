import { describe, expect, test } from 'vitest'
import type { EvaluationDocument, EvaluationResult, Judged } from '../../src/core/evaluation.ts'
import { CLASSIFICATION_METRICS } from '../../src/metrics/classification-table.ts'
import { renderEvaluation } from '../../src/report/evaluation-report.ts'
import { reportAssets } from '../../src/runs/report-assets.ts'
import { type MadeEvaluation, madeEvaluation } from './made-evaluation.ts'
import { read, rowsOf, section } from './page-text.ts'
import { withoutClock } from './without-clock.ts'

const NO_ASSETS = { vega: '', vegaLite: '', vegaEmbed: '' }
const SMALL: MadeEvaluation = { rows: 1500, folds: 3 }

/** The page without the data and the script behind it. */
function page(result: EvaluationResult): string {
  const html = renderEvaluation(result, NO_ASSETS)
  return html.slice(0, html.indexOf('<script type="application/json"'))
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)
}

/** Cells of the first row of a table of the section that begins with this text. */
function row(html: string, id: string, first: string): string[] {
  const found = rowsOf(section(html, id)).find((cells) => cells[0] === first)
  if (found === undefined) throw new Error(`no row ${first} in ${id}`)
  return found
}

/** Half a unit of the last digit shown. */
function tolerance(shown: string): number {
  const decimals = /\.(\d+)/.exec(shown)?.[1]?.length ?? 0
  return (10 ** -decimals * (shown.includes('%') ? 0.01 : 1)) / 2 + 1e-9
}

function expectShown(shown: string, value: number, what: string): void {
  expect(Math.abs(read(shown) - value), `${what}: ${shown} for ${value}`).toBeLessThanOrEqual(
    tolerance(shown.split(' ')[0]! + (shown.includes('%') ? '%' : '')),
  )
}

/** A cell holds the figure and its interval, or the reason why there is none. */
function expectJudged(cell: string, judged: Judged, key: string): void {
  const value = judged.metrics[key]!
  if (value === null) return expect(cell, key).toContain(escaped(judged.notes[key]!))
  expectShown(cell, value, key)
  const range = judged.intervals[key]
  if (range == null) return expect(cell).not.toContain(' to ')
  const [before, after] = cell.split(' to ')
  expectShown(before!.split(' ').findLast((part) => /\d/.test(part))!, range.low, `${key} low`)
  expectShown(after!, range.high, `${key} high`)
}

describe('the page of an evaluation as text', () => {
  const result = madeEvaluation(SMALL)
  const { document } = result
  const [one] = document.series
  const html = page(result)

  test('from what is judged in a minute to what is studied for an hour, each linked', () => {
    const ids = [...html.matchAll(/<section id="([\w-]+)"/g)].map(([, id]) => id)
    expect(ids).toEqual([
      ...['verdict', 'curves', 'classes', 'money', 'price', 'folds', 'baselines', 'losses', 'importance', 'features'],
      ...['metrics', 'remarks', 'data', 'definition', 'reproduce'],
    ])
    const linked = [...html.matchAll(/<a href="#([\w-]+)"/g)].map(([, id]) => id)
    for (const id of linked) expect([...ids, 'main']).toContain(id)
    for (const id of ids.slice(1)) expect(linked).toContain(id)
    expect(html).not.toContain('class="alarm" role="alert"')
    expect(html).not.toContain('undefined')
    expect(html).not.toContain('NaN')
  })

  test('the head says what was trained on what', () => {
    const head = html.slice(0, html.indexOf('<nav'))
    for (const text of [
      'direction (horizon 12, threshold 0, classes 2)',
      'walkForward',
      '6 features',
      '2 classes',
      'binance:BTCUSDT:1h',
      '1\u202f500 bars',
      'fee 0.1\u202f%, slippage 2.0 basis points',
    ])
      expect(head).toContain(text)
  })

  test('the verdict has the figures, both baselines and every sentence of the document', () => {
    const verdict = section(html, 'verdict')
    for (const text of one!.verdicts) expect(verdict).toContain(text)
    const { auc } = one!.pooled.metrics
    const words = verdict.replace(/<[^>]*>/g, '')
    expect(words).toContain(`AUC is ${auc!.toFixed(4)}`)
    expect(words).toContain(`the commonest class has ${one!.pooled.baselines.majority.metrics['auc']!.toFixed(4)}`)
    const cards = [...verdict.matchAll(/<div class="card ?(\w*)"><dt>(.*?)<\/dt>/g)]
    expect(cards).toHaveLength(8)
  })

  test('a card is green where both baselines are beaten, and not else', () => {
    const seen = new Set<boolean>()
    for (const made of [result, madeEvaluation({ ...SMALL, skill: 0.05 })]) {
      const [own] = made.document.series
      const cards = [...section(page(made), 'verdict').matchAll(/<div class="card ?(\w*)">/g)]
      for (const [k, key] of ['auc', 'logLoss', 'brier', 'accuracy', 'f1', 'mcc'].entries()) {
        const compared = Object.values(own!.pooled.baselines).flatMap((baseline) => baseline.compared[key] ?? [])
        const isBest = compared.every(({ isBetter }) => isBetter)
        expect(cards[k]![1] === 'good', key).toBe(isBest)
        if (compared.some(({ isBetter }) => isBetter)) seen.add(isBest)
      }
    }
    expect(seen.size).toBe(2)
  })

  test('a verdict that tells the AUC is not told it twice', () => {
    const verdicts = ['AUC 0.53 on 1 000 bars: not told apart from chance', 'Nothing earns its costs.']
    const change = (made: EvaluationDocument) => ({
      ...made,
      series: made.series.map((each) => ({ ...each, verdicts })),
    })
    const words = section(page(madeEvaluation({ ...SMALL, change })), 'verdict').replace(/<[^>]*>/g, '')
    expect(words).toContain('AUC 0.53 on 1 000 bars: not told apart from chance. Nothing earns its costs.')
    expect(words).not.toContain('AUC is')
  })

  test('every figure is there with its formula, to the last digit shown, or with the reason why not', () => {
    for (const { key, label, formula } of CLASSIFICATION_METRICS) {
      const [, shown, how] = row(html, 'metrics', escaped(label))
      expect(how).toContain(escaped(formula))
      if (one!.pooled.metrics[key] === null) expect(shown).toContain(escaped(one!.pooled.notes[key]!))
      else expectShown(shown!, one!.pooled.metrics[key]!, key)
    }
  })

  test('every figure stands beside both baselines, with intervals and who is better', () => {
    const { majority, previousSign } = one!.pooled.baselines
    for (const { key, label, better } of CLASSIFICATION_METRICS) {
      if (better === null) continue
      const [, model, first, howFirst, second, howSecond] = row(
        html,
        'baselines',
        `${escaped(label)} ${better} is better`,
      )
      expectJudged(model!, one!.pooled, key)
      for (const [cell, how, baseline] of [
        [first, howFirst, majority],
        [second, howSecond, previousSign],
      ] as const) {
        expectJudged(cell!, baseline, key)
        const compared = baseline.compared[key]
        if (compared == null) expect(how).toBe('–')
        else {
          expect(how!.startsWith('better'), `${key}: ${how}`).toBe(compared.isBetter)
          if (compared.isInside) expect(how).toMatch(/^(inside its interval|worse)/)
        }
      }
    }
  })

  test('every figure of every fold, its rows and spans', () => {
    for (const [k, fold] of one!.folds.entries()) {
      for (const { key, label } of CLASSIFICATION_METRICS)
        expectJudged(row(html, 'folds', escaped(label))[k + 1]!, fold, key)
      const rows = rowsOf(section(html, 'folds')).filter((cells) => cells[0] === String(fold.fold))
      const day = (time: number) => new Date(time).toISOString().slice(0, 10)
      const [span] = fold.test
      expect(rows[0]!.slice(1, 3)).toEqual([`${day(span!.first)} to ${day(span!.last)}`, String(fold.rows.test)])
      const { learnt, validation, calibration, purged, embargoed } = fold.rows
      expect(rows[1]!.map((cell) => cell.replaceAll('\u202f', ''))).toEqual([
        ...[String(fold.fold), `${day(fold.train.first)} to ${day(fold.train.last)}`, String(learnt)],
        ...[fold.balance.join(' / '), ...[validation, calibration, purged, embargoed].map(String)],
      ])
    }
  })

  test('the confusion matrix adds up, and its diagonal is the accuracy', () => {
    const rows = rowsOf(section(html, 'classes')).filter((cells) => cells.length === 4)
    const numbers = rows.slice(1).map((cells) => cells.slice(1).map((cell) => read(cell.split(' ')[0]!)))
    expect(numbers.slice(0, 2).map((cells) => cells.slice(0, 2))).toEqual(one!.pooled.confusion)
    expect(numbers[2]![2]).toBe(one!.pooled.metrics['rows'])
    expect((numbers[0]![0]! + numbers[1]![1]!) / numbers[2]![2]!).toBeCloseTo(one!.pooled.metrics['accuracy']!, 12)
    for (const cells of numbers) expect(cells[0]! + cells[1]!).toBe(cells[2])
    for (const k of [0, 1, 2]) expect(numbers[0]![k]! + numbers[1]![k]!).toBe(numbers[2]![k])
  })

  test('curves, reliability and how sure it is as tables', () => {
    const tables = section(html, 'curves').split('</table>').map(rowsOf)
    const { roc, precisionRecall, calibration } = one!.curves
    for (const [k, [curve]] of [roc, precisionRecall].entries()) {
      const rows = tables[k]!.filter((cells) => cells.length === 3).slice(1)
      expect(rows).toHaveLength(11)
      for (const [tenth, [, x, y]] of rows.entries()) {
        const nearest = Math.min(...curve!.x.map((at) => Math.abs(at - tenth / 10)))
        const points = curve!.x.flatMap((at, n) => (Math.abs(at - tenth / 10) === nearest ? [curve!.y[n]!] : []))
        expect(Math.abs(read(x!) - tenth / 10)).toBeLessThanOrEqual(nearest + tolerance(x!))
        expect(Math.min(...points.map((at) => Math.abs(at - read(y!))))).toBeLessThanOrEqual(tolerance(y!))
      }
    }
    const bins = tables[2]!.filter((cells) => cells.length === 5).slice(1)
    expect(bins).toHaveLength(calibration.length)
    for (const [k, { low, high, weight, predicted, observed }] of calibration.entries())
      for (const [n, value] of [low, high, weight, predicted, observed].entries())
        expectShown(bins[k]![n]!, value, 'bin')
    const spread = tables[3]!.filter((cells) => cells.length === 4).slice(1)
    const sum = (column: number) => spread.reduce((total, cells) => total + read(cells[column]!.split(' ')[0]!), 0)
    const { fold, y } = result.predictions[0]!
    const known = Array.from(y).filter((came, row) => fold[row]! > 0 && came >= 0)
    expect([sum(2), sum(3)]).toEqual([known.length, known.filter((came) => came === 1).length])
  })

  test('bars that have a p are counted under the price', () => {
    const [first] = result.predictions
    const p = first!.p.slice()
    const said = p.filter((value) => !Number.isNaN(value)).length
    p.fill(Number.NaN, p.length - 7)
    const text = section(page({ document, predictions: [{ ...first!, p }] }), 'price')
    expect(text).toContain(`${said - 7} of 1\u202f500 bars from 2023-01-01 to`)
  })

  test('every threshold is in the table of money, and the best has its caveat', () => {
    const money = section(html, 'money')
    const rows = rowsOf(money).slice(1)
    expect(rows).toHaveLength(one!.money.rows.length)
    for (const [k, { threshold, every, single }] of one!.money.rows.entries()) {
      const cells = rows[k]!
      expectShown(cells[0]!, threshold, 'threshold')
      for (const [from, trades] of [
        [1, every],
        [6, single],
      ] as const) {
        expect(read(cells[from]!)).toBe(trades.trades)
        expectShown(cells[from + 1]!, trades.gross!, 'gross')
        expectShown(cells[from + 2]!, trades.expectancy!, 'expectancy')
        expectShown(cells[from + 3]!, trades.total, 'total')
        expectShown(cells[from + 4]!, trades.winRate!, 'winRate')
      }
    }
    expect(money).toContain(`p ≥ ${one!.money.best!.threshold.toFixed(4)}`)
    expect(money).toContain('It was chosen on the rows that it is judged by')
  })

  test('importance, drift, features, findings and what was left out', () => {
    const importance = rowsOf(section(html, 'importance'))
    for (const feature of one!.features) {
      const [first, second] = importance.filter((cells) => cells[0] === feature.name)
      for (const [k, value] of [feature.importance!.mean, ...feature.importance!.folds].entries())
        expectShown(first![k + 1]!, value!, feature.name)
      for (const [k, value] of feature.drift.entries()) expectShown(second![k + 1]!, value!, feature.name)
      const [, formula, auc, low, high, missing] = row(html, 'features', feature.name)
      expect(formula).toBe(`${feature.name}(14)`)
      expectShown(auc!, feature.auc!, 'auc alone')
      expect(read(low!)).toBeCloseTo(feature.low!, 4)
      expect(read(high!)).toBeCloseTo(feature.high!, 3)
      expect(missing).toBe(String(feature.missing))
    }
    for (const { message } of one!.findings) expect(section(html, 'features')).toContain(message)
    expect(row(html, 'features', 'a feature has not settled yet').slice(1)).toEqual(['100', '6.67\u202f%'])
  })

  test('losses by fold: the best step is where the validation was least', () => {
    const rows = rowsOf(section(html, 'losses'))
    for (const fold of one!.folds) {
      const steps = fold.losses[0]!.steps.map(({ validationLoss }) => validationLoss!)
      const [lstm, gbdt] = rows.filter((cells) => cells[0] === String(fold.fold))
      const least = Math.min(...steps)
      expect(lstm).toEqual([
        ...[
          String(fold.fold),
          String(steps.length),
          fold.losses[0]!.steps[0]!.loss.toFixed(4),
          fold.losses[0]!.steps.at(-1)!.loss.toFixed(4),
        ],
        ...[least.toFixed(4), String(steps.indexOf(least) + 1), steps.at(-1)!.toFixed(4)],
      ])
      expect(gbdt!.slice(4)).toEqual(['–', '–', '–'])
    }
  })

  test('it can be made again from what it says', () => {
    const block = section(html, 'reproduce')
    const { reproduce, data, seed, run } = document
    for (const text of [
      reproduce.command,
      reproduce.definition,
      reproduce.code,
      reproduce.artifact,
      data[0]!.sha256,
      run,
    ])
      expect(block).toContain(text)
    const rows = rowsOf(block)
    expect(rows).toContainEqual(['Seed', String(seed)])
    for (const [name, version] of Object.entries(reproduce.versions))
      expect(rows).toContainEqual([`Version of ${name}`, version])
    const definition = section(html, 'definition')
    expect(definition).toContain('label: direction\n  horizon: 12\n  threshold: 0\n  classes: 2\n')
    expect(definition).toContain('  members:\n    - gbdt\n      trees: 100\n')
  })

  test('a chart has a picture’s name, words, and a table or text beside it', () => {
    const figures = [...html.matchAll(/<figure>.*?<\/figure>/gs)].map(([text]) => text)
    expect(figures.length).toBeGreaterThan(10)
    for (const text of figures) {
      expect(text).toMatch(/role="img" aria-labelledby="(chart-[\w-]+)-c" aria-describedby="\1-t"/)
      expect(/class="words"[^>]*>(.*?)<\/p>/s.exec(text)![1]!.length).toBeGreaterThan(20)
    }
  })
})

describe('pages of other evaluations', () => {
  test('three classes: each against the rest, by their names', () => {
    const result = madeEvaluation({ ...SMALL, classes: 3 })
    const html = page(result)
    const [one] = result.document.series
    const each = rowsOf(section(html, 'classes'))
      .filter((cells) => cells.length === 7)
      .slice(1)
    expect(each.map(([name]) => name)).toEqual(['0, down', '1, time-out', '2, up (p)'])
    for (const [k, cells] of each.entries()) {
      const { support, precision, recall, f1, auc, prAuc } = one!.pooled.perClass[k]!
      expect(read(cells[1]!)).toBe(support)
      for (const [n, value] of [precision, recall, f1, auc, prAuc].entries())
        expectShown(cells[n + 2]!, value!, cells[0]!)
    }
    expect(section(html, 'verdict')).toContain('F1, mean of classes')
    expect(new Set(one!.curves.roc.map((curve) => curve.class)).size).toBe(3)
  })

  test('what is not there is told with its reason', () => {
    const html = page(
      madeEvaluation({ ...SMALL, folds: 2, oneClassFold: 2, steps: 0, hasImportance: false, minTrades: 1e6 }),
    )
    expect(row(html, 'folds', '2')[3]).toBe('– all rows are of class 0')
    expect(html).not.toContain('id="losses"')
    expect(section(html, 'importance')).toContain('No importance')
    expect(section(html, 'money')).toContain('No best threshold: no threshold has 1000000 trades, one at a time')
    expect(section(html, 'verdict')).toContain('no threshold has 1000000 trades, one at a time')
  })

  test('all rows of one class: no curve, no area, and why', () => {
    const html = page(madeEvaluation({ ...SMALL, folds: 1, oneClassFold: 1 }))
    expect(section(html, 'verdict')).toContain('its AUC has no value: all rows are of class 0')
    expect(section(html, 'verdict')).toMatch(
      /AUC-ROC<\/dt><dd class="value">–<\/dd><dd class="peer">all rows are of class 0/,
    )
    expect(section(html, 'curves')).toContain('No curve of ROC: – <span class="reason">all rows are of class 0')
    expect(section(html, 'folds')).not.toContain('id="chart-folds"')
  })

  test('stopped and free of costs: in red, before all else', () => {
    const change = (document: EvaluationDocument): EvaluationDocument => ({
      ...document,
      costs: { ...document.costs, none: true },
      stopped: { series: 'binance:BTCUSDT:1h', fold: 2, step: 17 },
    })
    const html = page(madeEvaluation({ ...SMALL, change }))
    const alarms = [...html.matchAll(/<p class="alarm" role="alert">(.*?)<\/p>/g)].map(([, text]) => text)
    expect(alarms).toHaveLength(2)
    expect(alarms[0]).toContain('at step 17 of fold 2 on binance:BTCUSDT:1h')
    expect(alarms[1]).toContain('All costs were set to zero')
    expect(html.indexOf('role="alert"')).toBeLessThan(html.indexOf('id="verdict"'))
  })

  test('stopped before anything was trained, and predictions that are missing', () => {
    const { document, predictions } = madeEvaluation(SMALL)
    const one = { ...document.series[0]!, folds: [] }
    expect(page({ document: { ...document, series: [one] }, predictions: [] })).toContain('No fold was trained')
    expect(page({ document: { ...document, series: [] }, predictions })).toContain('No series was judged')
  })

  test('several series: a block of sections each, ids of their own, and a table of them all', () => {
    const series = ['binance:BTCUSDT:1h', 'binance:ETHUSDT:1h', 'binance:SOLUSDT:1h']
    const result = madeEvaluation({ ...SMALL, series })
    const html = page(result)
    const ids = [...html.matchAll(/ id="([\w-]+)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(rowsOf(section(html, 'overview')).map(([name]) => name)).toEqual(['Series', ...series])
    for (const [, target] of html.matchAll(/<a href="#([\w-]+)"/g)) expect(ids).toContain(target)
    for (const [k, one] of result.document.series.entries()) {
      const tail = k === 0 ? '' : `-${k + 1}`
      expectShown(row(html, `metrics${tail}`, 'AUC-ROC')[1]!, one.pooled.metrics['auc']!, one.series)
      expect(section(html, `curves${tail}`)).toContain(one.series.split(':')[1])
    }
  })

  test('names that are markup stay text, wherever they stand', () => {
    const evil = `</script><img src=x onerror="alert(1)"><b>'"&`
    const change = (document: EvaluationDocument): EvaluationDocument => ({
      ...document,
      model: evil,
      run: evil,
      definition: { ...document.definition, [evil]: { kind: evil, settings: { [evil]: [evil] } } },
      remarks: [evil],
      data: document.data.map((one) => ({ ...one, series: evil, sha256: evil })),
      engine: { version: evil },
      stopped: { series: evil, fold: 1, step: 1 },
      reproduce: { ...document.reproduce, command: evil, definition: evil, versions: { [evil]: evil } },
      series: document.series.map((one) => ({
        ...one,
        series: `a:${evil}`,
        verdicts: [evil],
        findings: [{ severity: 'error', message: evil, feature: evil, fold: null }],
        folds: one.folds.map((fold) => ({
          ...fold,
          notes: { auc: evil },
          metrics: { ...fold.metrics, auc: null },
          losses: [{ model: evil, steps: [{ loss: 1, validationLoss: null }] }],
        })),
        money: { ...one.money, best: null, notes: { best: evil, [evil]: evil } },
        pooled: {
          ...one.pooled,
          notes: { auc: evil },
          metrics: { ...one.pooled.metrics, auc: null },
          blocks: { kind: evil, blockLength: 1, resamples: 1 },
        },
      })),
    })
    const series = ['binance:BTCUSDT:1h', 'binance:ETHUSDT:1h']
    const html = renderEvaluation(madeEvaluation({ ...SMALL, series, features: [evil, 'rsi'], change }), NO_ASSETS)
    expect(html).not.toContain('<img')
    expect(html).not.toContain('<b>')
    expect([...html.matchAll(/<\/script>/g)]).toHaveLength(5)
    expect(html).toContain(escaped(evil))
  })
})

describe('the bytes of the page', () => {
  test('the same evaluation gives the same, without asking for the time', () => {
    const first = renderEvaluation(madeEvaluation(SMALL), NO_ASSETS)
    const again = madeEvaluation(SMALL)
    expect(withoutClock(() => renderEvaluation(again, NO_ASSETS)) === first).toBe(true)
  })

  test('three series of 20 000 bars with 40 features are below 5 MB', () => {
    const features = Array.from({ length: 40 }, (_, k) => `feature${k}`)
    const { document, predictions } = madeEvaluation({ rows: 20_000, folds: 10, steps: 500, features })
    const thrice = <T>(all: readonly T[]) => [0, 1, 2].map(() => all[0]!)
    const result = { document: { ...document, series: thrice(document.series) }, predictions: thrice(predictions) }
    const html = renderEvaluation(result, reportAssets())
    expect(Buffer.byteLength(html)).toBeLessThan(5e6)
  })
})
