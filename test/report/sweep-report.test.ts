import { describe, expect, test } from 'vitest'
import { sweepText } from '../../src/cli/search-text.ts'
import type { Dimension, SweepDocument, SweepResult, TrialOutcome } from '../../src/core/search.ts'
import { renderSweepReport } from '../../src/report/sweep-report.ts'
import { reportAssets } from '../../src/runs/report-assets.ts'
import { MANY, madeSweep, TWO } from './made-sweep.ts'
import { read, rowsOf, section } from './page-text.ts'
import { withoutClock } from './without-clock.ts'

const NO_ASSETS = { vega: '', vegaLite: '', vegaEmbed: '' }
const EVIL = `</script><img src=x onerror="alert(1)"><b>'"&`

const whole = (result: SweepResult) => renderSweepReport(result, NO_ASSETS)

/** The page without the data and the script behind it. */
function page(result: SweepResult): string {
  const html = whole(result)
  return html.slice(0, html.indexOf('<script type="application/json"'))
}

/** What the page's script is handed. */
function payloadOf(result: SweepResult, html = whole(result)) {
  const [, text] = /<script type="application\/json" id="payload">(.*?)<\/script>/s.exec(html)!
  return JSON.parse(text!)
}

const words = (html: string) => html.replace(/<[^>]*>/g, '').replaceAll('\u202f', ' ')

describe('the page of a sweep as text', () => {
  const result = madeSweep({ failEvery: 23, pruneEvery: 5 })
  const { document, outcomes, trials } = result
  const html = page(result)

  test('from what is judged in a minute to what is studied for an hour, each linked', () => {
    const ids = [...html.matchAll(/<section id="([\w-]+)"/g)].map(([, id]) => id)
    expect(ids).toEqual([
      ...['verdict', 'overfitting', 'spread', 'maps', 'plateau', 'parallel', 'best', 'failures', 'trials', 'remarks'],
      ...['data', 'search', 'reproduce'],
    ])
    const linked = [...html.matchAll(/<a href="#([\w-]+)"/g)].map(([, id]) => id)
    for (const id of linked) expect([...ids, 'main']).toContain(id)
    for (const id of ids.slice(1)) expect(linked).toContain(id)
    expect(html).not.toContain('class="alarm" role="alert"')
    expect(/undefined|NaN/.exec(html)).toBeNull()
  })

  test('the head says what was searched for what on which data', () => {
    const head = words(html.slice(0, html.indexOf('<nav')))
    for (const text of [
      ...['fast = 10 to 100 by 10', 'slow = 120 to 500 by 20', 'qty = 0.1, not searched', 'side = long, not searched'],
      ...[
        '200 trials, every set of a grid',
        'for the highest Sharpe',
        'only where fast &#60; slow',
        '52 560 bars, 6 missing',
      ],
      ...[
        'binance:BTCUSDT:1h, binance:ETHUSDT:1h',
        'each with 10 000.00 USDT',
        'taker 0.1 %; slippage 2.0 basis points',
      ],
    ])
      expect(head).toContain(text)
  })

  test('the verdict has the best, its luck and the sentence of the document', () => {
    const verdict = words(section(html, 'verdict'))
    const { best, overfitting, spread } = document
    const { fast, slow } = best!.params
    expect(verdict).toContain(
      `The best of 200 trials is fast = ${fast}, slow = ${slow}, with Sharpe ${best!.objective!.toFixed(2)}; half of the 151 that were finished with an objective have ${spread!.median.toFixed(2)} or less. ${overfitting!.verdict}`,
    )
    const cards = [...section(html, 'verdict').matchAll(/<dt>(.*?)<\/dt><dd class="value">(.*?)<\/dd>/g)].map(
      ([, label, value]) => [label, words(value!)],
    )
    expect(cards).toEqual([
      ['Sharpe of the best', best!.objective!.toFixed(2)],
      ['Sharpe of the best by luck', '1.31'],
      ['Deflated Sharpe', '43.1 %'],
      ['Unlike trials', '14.2'],
      ['Overfitting (PBO)', '22.3 %'],
      ['Sharpe in the other half', '0.29'],
      ['Its neighbours', document.plateau!.median!.toFixed(2)],
      ['Trials', '200'],
    ])
    expect(section(html, 'verdict')).toContain('<strong class="bad">')
  })

  test('before and after: what it shows as if alone, and after all trials and the unlike ones are counted', () => {
    const rows = rowsOf(section(html, 'overfitting'))
    const cells = (first: string) =>
      rows
        .find(([name]) => name === first)!
        .slice(1)
        .map(words)
    expect(cells('Trials').slice(0, 3)).toEqual(['1', '200', '14.2'])
    expect(cells('Sharpe that luck would show').slice(0, 3)).toEqual(['0.00', '1.31', '0.87'])
    expect(cells('Chance that its Sharpe is above that').slice(0, 3)).toEqual(['98.7 %', '43.1 %', '71.2 %'])
    expect(cells('Days needed to be sure').slice(0, 2)).toEqual([
      '612 days',
      '– its Sharpe ratio is not above what luck would show',
    ])
    expect(cells('Probability of backtest overfitting')[0]).toBe('22.3 %')
    expect(cells('Slope of one on the other')[0]).toBe('−0.62')
    // logits as a table: those below 0 are the probability
    const bins = rows.filter(
      ([, , n], k) => k > 0 && n !== undefined && /^[−\d.]+$/.test(rows[k]![0]!) && rows[k]!.length === 3,
    )
    const sum = (some: string[][]) => some.reduce((total, [, , n]) => total + read(n!), 0)
    expect(bins).toHaveLength(document.overfitting!.crossValidation!.logits.length)
    expect(sum(bins.filter(([low]) => low!.startsWith('−'))) / sum(bins)).toBeCloseTo(
      document.overfitting!.crossValidation!.probability,
      12,
    )
  })

  test('whole numbers of unlike trials have no decimal, and the table of halves says which trials it is of', () => {
    const made = madeSweep({ overfitting: { effectiveTrials: 91.02 } })
    const one = page(made)
    expect(rowsOf(section(one, 'overfitting')).find(([name]) => name === 'Trials')![3]).toBe('91')
    expect(section(one, 'verdict')).toContain('<dt>Unlike trials</dt><dd class="value">91</dd>')
    const { splits } = made.document.overfitting!.crossValidation!
    const said = `${splits.toLocaleString('en-US').replace(',', ' ')} splits of 200 trials`
    const caption = (result: SweepResult) =>
      words(/<caption><span>(Chosen in one half.*?)<\/span>/s.exec(section(page(result), 'overfitting'))![1]!)
    expect(caption(made)).toContain(said)
    expect(caption(made)).not.toContain('exactly the same')
    expect(caption(madeSweep({ overfitting: { trials: 240 } }))).toContain(
      `${said} that saw all the days, those that did exactly the same being one`,
    )
  })

  test('every trial with an objective is in a bin of the spread, those that were given up apart', () => {
    const rows = rowsOf(section(html, 'spread')).slice(1)
    const sum = (column: number) => rows.reduce((total, cells) => total + read(cells[column]!), 0)
    expect(sum(2)).toBe(outcomes.filter(({ objective }) => objective !== null).length)
    expect(sum(3)).toBe(document.trials.pruned)
    for (const cells of rows) {
      const [low, high, n, given] = cells.map(read)
      const inside = outcomes.filter(
        ({ objective }) => objective !== null && objective >= low! - 1e-9 && objective < high! - 1e-9,
      )
      expect(n, `${low} to ${high}`).toBe(inside.length)
      expect(given).toBe(inside.filter(({ status }) => status === 'pruned').length)
    }
  })

  test('a map as a table holds every cell', () => {
    const [map] = document.maps
    const [head, ...rows] = rowsOf(section(html, 'maps'))
    expect(head).toEqual(['slow', ...map!.columns])
    expect(rows.map(([name]) => name)).toEqual(map!.rows)
    for (const { column, row, best } of map!.cells)
      expect(rows[row]![column + 1], `${column} ${row}`).toBe(
        best === null ? '–' : best.toFixed(2).replace('-', '−').replace('−0.00', '0.00'),
      )
    expect(html).not.toContain('chart-map-0-median')
  })

  test('figures of all are said to be of those that were finished, where some were not', () => {
    const finished = outcomes.filter(({ status, objective }) => status === 'done' && objective !== null).length
    // two are done and have no objective
    expect([finished, document.trials.done]).toEqual([151, 153])
    expect(words(section(html, 'verdict'))).toContain('median of the 151 that were finished')
    expect(words(section(html, 'spread'))).toMatch(/Of the 151 that were finished with an objective, from [−\d.]+ to/)
    expect(words(section(html, 'plateau'))).toContain('over the median of the 151 that were finished')
    // of a model every made trial has one
    const all = page(madeSweep({ subject: 'model' }))
    expect(words(section(all, 'verdict'))).toMatch(/half of all trials have[\s\S]*median of all: [−\d.]+/)
    expect(words(section(all, 'spread'))).toMatch(/From [−\d.]+ to/)
    expect(words(section(all, 'plateau'))).toContain('over the median of all trials')
    const some = madeSweep({ subject: 'model' })
    const pruned = page({
      ...some,
      outcomes: some.outcomes.map((one, k) => (k < 9 ? { ...one, status: 'pruned' } : one)),
    })
    expect(words(section(pruned, 'verdict'))).toContain('half of the 191 that were finished have')
  })

  const beside = (change: Partial<NonNullable<SweepDocument['plateau']>>) =>
    madeSweep({ change: (made) => ({ ...made, plateau: { ...made.plateau!, ...change } }) })

  test.each([
    [{ finished: 1, median: null, worst: null, kept: null }, '1 of its 4 neighbours was finished'],
    [{ finished: 0, median: null, worst: null, kept: null }, 'none of its 4 neighbours was finished'],
    [{ finished: 2, median: null, worst: null, kept: null }, '2 of its 4 neighbours were finished'],
  ])('where too few neighbours were finished no plateau is judged, %#', (change, said) => {
    const made = beside({ neighbours: [84, 130, 145, 150], ...change })
    const one = page(made)
    for (const id of ['plateau', 'verdict']) {
      const text = words(section(one, id))
      expect(text.toLowerCase()).toContain(said)
      expect(text).toMatch(/too few to say/i)
      expect(text).not.toMatch(/stands on a plateau:|stands alone:|stands on a slope:/)
    }
    expect(rowsOf(section(one, 'plateau'))[1]!.map(words).slice(1, 4)).toEqual(['–', 'not finished', '4'])
    expect(sweepText(made.document)).toContain(`${said}: too few to say whether it stands on a plateau or alone.`)
  })

  test('neighbours that were not finished count as worse, and the page says so', () => {
    const made = beside({ neighbours: [84, 130, 145, 150], finished: 3, median: 1.2, worst: null, kept: 0.9 })
    expect(words(section(page(made), 'plateau'))).toMatch(
      /3 of its 4 neighbours were finished\. What was given up, failed or has no objective counts as worse\..*stands on a plateau:/,
    )
    expect(sweepText(made.document)).toContain(
      '3 of its 4 neighbours were finished; the others counted as worse, they come to 1.2 in the middle.',
    )
  })

  test('what ties with the best to the last digit is the best too: it does not stand alone', () => {
    const alone = { median: 0.1, worst: 0.1, kept: 0.1, neighbours: [1, 2], finished: 2 }
    expect(words(section(page(beside(alone)), 'plateau'))).toContain('It stands alone:')
    const tied = page(beside({ ...alone, ties: { trials: 2, neighbours: 1 } }))
    expect(words(section(tied, 'plateau'))).toContain(
      'It does not stand alone: 2 other trials come to exactly the same, 1 of them beside it.',
    )
    expect(section(tied, 'plateau')).not.toContain('It stands alone:')
    expect(sweepText(beside({ ...alone, ties: { trials: 1, neighbours: 1 } }).document)).toContain(
      '1 other trial comes to exactly the same.',
    )
  })

  test('the plateau is told, along every parameter', () => {
    const plateau = section(html, 'plateau')
    const { kept, median, worst, neighbours, along } = document.plateau!
    expect(rowsOf(plateau)[1]!.map(words)).toEqual([
      ...[document.best!.objective!, median!, worst!].map((value) => value.toFixed(2)),
      String(neighbours.length),
      `${(100 * kept!).toFixed(0)} %`,
    ])
    for (const { name, points } of along) {
      expect(plateau).toContain(`${name} alone differs`)
      expect(points.length).toBeGreaterThan(5)
    }
  })

  test('trials that came to nothing stand by reason, commonest first, with the first of each', () => {
    const groups = new Map<string, TrialOutcome[]>()
    for (const one of outcomes)
      if (one.status !== 'done' || one.objective === null)
        groups.set(one.reason!, [...(groups.get(one.reason!) ?? []), one])
    const expected = [...groups].sort(([, a], [, b]) => b.length - a.length)
    const rows = rowsOf(section(html, 'failures')).slice(1)
    expect(rows.map(([, reason, n, , first]) => [reason, read(n!), read(first!)])).toEqual(
      expected.map(([reason, all]) => [reason, all.length, all[0]!.number]),
    )
    const [, [, some]] = [0, expected[0]!]
    const { params } = trials[some[0]!.number - 1]!
    expect(rows[0]![5]).toBe(`fast = ${params['fast']}, slow = ${params['slow']}`)
  })

  test('the best runs alone, and the search runs again, by their commands', () => {
    expect(section(html, 'best')).toContain(`<code>${document.best!.command}</code>`)
    const best = rowsOf(section(html, 'best'))
    expect(best.find(([name]) => name === 'Total return')![1]).toBe(
      `+${(100 * document.best!.metrics['totalReturn']!).toFixed(2)}\u202f%`,
    )
    const again = section(html, 'reproduce')
    for (const text of [
      document.reproduce.command,
      document.reproduce.code,
      document.data[1]!.sha256,
      document.run,
      '24.21.0',
    ])
      expect(again).toContain(text)
    expect(rowsOf(again)).toContainEqual(['Seed', '7'])
  })

  test('a chart has a picture’s name, words, and a table or text beside it', () => {
    const figures = [...html.matchAll(/<figure>.*?<\/figure>/gs)].map(([text]) => text)
    expect(figures).toHaveLength(7)
    for (const text of figures) {
      expect(text).toMatch(/role="img" aria-labelledby="(chart-[\w-]+)-c" aria-describedby="\1-t"/)
      expect(/class="words"[^>]*>(.*?)<\/p>/s.exec(text)![1]!.length).toBeGreaterThan(20)
    }
  })
})

describe('pages of other sweeps', () => {
  test('no costs and many failures: in red, before all else', () => {
    const html = page(madeSweep({ failEvery: 9, hasCosts: false }))
    const alarms = [...html.matchAll(/<p class="alarm" role="alert">(.*?)<\/p>/g)].map(([, text]) => text)
    expect(alarms).toHaveLength(2)
    expect(alarms[0]).toContain('All costs were set to zero')
    expect(alarms[1]).toContain('22 trials of 200 failed')
    expect(html.indexOf('role="alert"')).toBeLessThan(html.indexOf('class="sentence"'))
    expect(page(madeSweep({ failEvery: 20 }))).not.toContain('role="alert"')
  })

  test('no trial was done: it says so, with the reasons, and draws nothing', () => {
    const html = page(madeSweep({ failEvery: 1 }))
    expect(section(html, 'verdict')).toContain('No trial has an objective')
    expect(section(html, 'verdict')).toContain('Of 200 trials none can be judged.')
    expect(section(html, 'spread')).toContain('there is nothing to spread')
    expect(section(html, 'failures')).toContain('200 trials threw an error')
    expect(html).not.toContain('<section id="best"')
    expect(/undefined|NaN/.exec(html)).toBeNull()
    expect([...html.matchAll(/class="chart" id="([\w-]+)"/g)].map(([, id]) => id)).toEqual([])
  })

  test('a model: figures of classification by their names, and no luck that nobody can reckon', () => {
    const one: Dimension = { name: 'trees', kind: 'int', from: 20, to: 400, step: 20, isLog: false }
    const result = madeSweep({ subject: 'model', dimensions: [one] })
    const html = page(result)
    const best = result.document.best!
    expect(words(section(html, 'verdict'))).toContain(`with AUC-ROC ${best.objective!.toFixed(4)}`)
    expect(section(html, 'overfitting')).toContain('A model has no daily returns')
    const rows = rowsOf(section(html, 'best'))
    expect(rows.find(([name]) => name === 'Log loss')![1]).toBe(best.metrics['logLoss']!.toFixed(4))
    expect(rows.find(([name]) => name === 'Accuracy')![1]).toBe(
      `${(100 * best.metrics['accuracy']!).toFixed(2)}\u202f%`,
    )
    expect(html).not.toContain('<section id="maps"')
    expect(html).toContain('id="chart-parallel"')
  })

  test('a model: what it was chosen for stands beside what bars that no trial saw say', () => {
    const result = madeSweep({ subject: 'model' })
    const { best, heldOut } = result.document
    const html = page(result)
    const [chosen, held] = [best!.objective!.toFixed(4), heldOut!.objective!.toFixed(4)]
    expect(chosen).not.toBe(held)
    expect(words(section(html, 'verdict'))).toContain(
      `It was chosen for AUC-ROC ${chosen} on validation; on bars that no trial saw it has ${held}.`,
    )
    expect(section(html, 'verdict')).toContain('<strong class="bad">on bars')
    expect(rowsOf(section(html, 'held')).find(([name]) => name === 'AUC-ROC')).toEqual(['AUC-ROC', chosen, held])
    expect(words(section(html, 'best'))).toContain(
      `fast = ${best!.params['fast']}, slow = ${best!.params['slow']} into`,
    )
    // it trades nothing: there are no fees, no cash, and nothing is given up after a part of the data
    expect(html).not.toContain('fees: maker')
    expect(html).not.toContain('each with')
    expect(words(section(html, 'search'))).not.toContain('Given up')
    expect(page(madeSweep())).not.toContain('<section id="held"')
  })

  test('a model that the held-out bars say nothing of has the reason there, and one that did better is no alarm', () => {
    const nothing = { objective: null, reason: 'it has no rows there', metrics: {} }
    const change = (to: object) => (document: SweepDocument) => ({
      ...document,
      heldOut: { ...document.heldOut!, ...to },
    })
    const silent = page(madeSweep({ subject: 'model', change: change(nothing) }))
    expect(words(section(silent, 'verdict'))).toContain('nothing can be said of it: it has no rows there.')
    expect(words(section(silent, 'held'))).toContain('Nothing can be said of them: it has no rows there.')
    const lucky = page(madeSweep({ subject: 'model', change: change({ objective: 0.9 }) }))
    expect(section(lucky, 'verdict')).toContain('<strong>on bars')
  })

  test('what cannot be said of luck is told with its reason', () => {
    const nothing = { deflated: null, expectedMaximum: null, effectiveTrials: null, crossValidation: null }
    const notes = { deflated: 'fewer than 30 days', crossValidation: 'there are 20 days, 32 are needed' }
    const html = page(madeSweep({ overfitting: { ...nothing, notes, tone: 'unclear' } }))
    const verdict = section(html, 'verdict')
    expect(verdict).toContain(
      '<dt>Deflated Sharpe</dt><dd class="value">–</dd><dd class="peer">fewer than 30 days</dd>',
    )
    expect(verdict).toContain('<dt>Unlike trials</dt><dd class="value">–</dd><dd class="peer">too few to say</dd>')
    expect(section(html, 'overfitting')).toContain('No cross-validation: there are 20 days, 32 are needed')
    expect(html).not.toContain('id="chart-logits"')
    const without = page(madeSweep({ hasReturns: false }))
    expect(section(without, 'overfitting')).toContain('Too few to say how much of this is luck')
  })

  test('an objective of the user’s own, the lowest of which is sought', () => {
    const change = (document: SweepDocument): SweepDocument => ({
      ...document,
      search: { ...document.search, objective: { name: 'my/score.ts', goal: 'min' } },
    })
    const html = page(madeSweep({ change }))
    expect(html).toContain('for the lowest my/score.ts')
    expect(section(html, 'verdict')).toContain('or more.')
    expect(section(html, 'verdict')).toContain('<dt>Its Sharpe, a year</dt>')
  })

  test('several trials a cell: median and best; pairs beyond the third fold away', () => {
    const result = madeSweep({ dimensions: MANY, drawn: 400 })
    const html = section(page(result), 'maps')
    const [map] = result.document.maps
    const most = map!.cells.reduce((a, b) => (b.trials > a.trials ? b : a))
    const rows = rowsOf(html).slice(1)
    expect(words(rows[most.row]![most.column + 1]!)).toBe(
      `${most.median!.toFixed(2)} ${most.best!.toFixed(2)} of ${most.trials}`,
    )
    expect(html).toContain('7 more pairs of parameters')
    for (const k of [0, 9]) expect(html).toContain(`id="chart-map-${k}-median"`)
  })

  test('what the project’s ledger says stands between two marks after the verdict', () => {
    const html = page(madeSweep())
    expect(html.indexOf('<!--ledger-->')).toBeGreaterThan(html.indexOf('id="verdict"'))
    expect(html.indexOf('<!--/ledger-->')).toBeLessThan(html.indexOf('id="overfitting"'))
  })

  test('names and values that are markup stay text, wherever they stand', () => {
    const dimensions: readonly Dimension[] = [
      { name: `fast${EVIL}`, kind: 'list', values: [EVIL, 'ema', `${EVIL} again`] },
      { name: 'slow', kind: 'int', from: 10, to: 60, step: 10, isLog: false },
    ]
    const change = (document: SweepDocument): SweepDocument => ({
      ...document,
      run: EVIL,
      name: EVIL,
      quote: EVIL,
      fixed: { [EVIL]: EVIL },
      search: { ...document.search, where: EVIL, objective: { name: EVIL, goal: 'max' } },
      data: document.data.map((one) => ({ ...one, series: EVIL, sha256: EVIL })),
      engine: { ...document.engine, version: EVIL },
      remarks: [EVIL],
      notes: { [`${document.best!.trial}.${EVIL}`]: EVIL },
      best: { ...document.best!, command: EVIL, metrics: { [EVIL]: null } },
      table: document.table.map((row) => ({ ...row, reason: EVIL, metrics: { [EVIL]: null } })),
      overfitting: {
        ...document.overfitting!,
        verdict: EVIL,
        deflated: null,
        notes: { deflated: EVIL, minimumTrackRecordDeflated: EVIL },
      },
      reproduce: { ...document.reproduce, command: EVIL, inputs: { [EVIL]: EVIL }, versions: { [EVIL]: EVIL } },
    })
    const made = madeSweep({ dimensions, failEvery: 5, change })
    const outcomes = made.outcomes.map((one) => ({ ...one, reason: one.reason === null ? null : EVIL }))
    const html = whole({ ...made, outcomes })
    expect(html).not.toContain('<img')
    expect(html).not.toContain('<b>')
    expect([...html.matchAll(/<\/script>/g)]).toHaveLength(5)
    expect(html.split('&#60;/script&#62;').length).toBeGreaterThan(40)
  })
})

describe('what the page of a sweep draws', () => {
  test('parallel coordinates: places on axes, linear, logarithmic and listed, worst fifth first', () => {
    const { parallel } = payloadOf(madeSweep({ dimensions: MANY, drawn: 90 }))
    const { document } = madeSweep({ dimensions: MANY, drawn: 90 })
    expect(parallel.axes.map(({ name }: { name: string }) => name)).toEqual([...MANY.map(({ name }) => name), 'Sharpe'])
    const rows = document.table.filter(({ objective }) => objective !== null)
    expect(parallel.lines).toHaveLength(rows.length)
    const [worst, best] = [parallel.lines[0], parallel.lines.at(-1)]
    expect([worst.trial, best.trial]).toEqual([rows.at(-1)!.trial, rows[0]!.trial])
    expect([worst.fifth, best.fifth, worst.at[5], best.at[5]]).toEqual([0, 4, 0, 1])
    const { fast, slow, average, isShort } = rows[0]!.params
    expect(best.at[0]).toBeCloseTo(Math.log(Number(fast) / 5) / Math.log(40), 4)
    expect(best.at[1]).toBeCloseTo((Number(slow) - 120) / 380, 4)
    expect(best.at[2]).toBeCloseTo(['sma', 'ema', 'hull', 'kama'].indexOf(String(average)) / 3, 4)
    expect(best.at[4]).toBe(isShort === true ? 0 : 1)
  })

  test('the strongest shade is the best cell’s, a lowest objective turns it round', () => {
    const made = madeSweep()
    const strongest = (goal: 'max' | 'min') => {
      const change = (document: SweepDocument): SweepDocument => ({
        ...document,
        search: { ...document.search, objective: { name: 'sharpe', goal } },
      })
      const [{ cells }] = payloadOf(madeSweep({ change })).maps
      const shades = cells.map((cell: { best: { shade: number } }) => cell.best.shade)
      return shades.map((shade: number, k: number) => [shade, made.document.maps[0]!.cells[k]!.best!] as const)
    }
    const values = made.document.maps[0]!.cells.flatMap(({ best }) => (best === null ? [] : [best]))
    const of = (shade: number, all: readonly (readonly [number, number])[]) =>
      all.filter(([one]) => one === shade).map(([, value]) => value)
    expect(Math.max(...of(7, strongest('max')))).toBe(Math.max(...values))
    expect(Math.min(...of(7, strongest('min')))).toBe(Math.min(...values))
    expect(Math.min(...of(7, strongest('max')))).toBeGreaterThan(Math.max(...of(5, strongest('max'))))
  })

  test('far trials on the worse side leave the spread readable, and are counted', () => {
    const made = madeSweep()
    const far = made.outcomes.map((one, k) => (k < 2 ? { ...one, objective: -1000 } : one))
    const { spread } = payloadOf({ ...made, outcomes: far })
    expect(spread.beyond).toBe(2)
    expect(spread.counts.reduce((sum: number, n: number) => sum + n, 0)).toBe(
      far.filter(({ objective }) => objective !== null).length - 2,
    )
    expect(section(page({ ...made, outcomes: far }), 'spread')).toContain(
      '2 trials further on the worse side are not drawn',
    )
  })
})

describe('the bytes of the page', () => {
  test('the same sweep gives the same, without asking for the time', () => {
    const first = whole(madeSweep({ failEvery: 23 }))
    const again = madeSweep({ failEvery: 23 })
    expect(withoutClock(() => whole(again)) === first).toBe(true)
  })

  test('100 000 trials are below 5 MB, and it says which are in the table', () => {
    const made = madeSweep({ dimensions: MANY, drawn: 100_000, failEvery: 50, rows: 100_000 })
    expect(made.document.table).toHaveLength(100_000)
    const html = renderSweepReport(made, reportAssets())
    expect(Buffer.byteLength(html)).toBeLessThan(5e6)
    expect(html).toContain('The table holds 8\u202f000 of 100\u202f000 trials')
    const { rows } = payloadOf(made, html)
    expect(new Set(rows.trial).size).toBe(8000)
    expect(rows.rank.slice(0, 4000)).toEqual(Array.from({ length: 4000 }, (_, k) => k + 1))
  })

  test('two parameters are enough for a map and one for none', () => {
    expect(payloadOf(madeSweep()).maps).toHaveLength(1)
    expect(payloadOf(madeSweep({ dimensions: TWO.slice(0, 1) })).maps).toEqual([])
  })
})
