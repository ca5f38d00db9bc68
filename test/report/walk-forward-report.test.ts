import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LedgerVerdict } from '../../src/core/ledger.ts'
import type { Dimension, WalkForwardDocument, WalkForwardResult } from '../../src/core/search.ts'
import { chanceStep } from '../../src/report/chance-step.ts'
import { renderWalkForwardReport } from '../../src/report/walk-forward-report.ts'
import { reportAssets } from '../../src/runs/report-assets.ts'
import { axisOf } from '../../src/search/space-axis.ts'
import { MANY } from './made-sweep.ts'
import { madeWalkForward } from './made-walk-forward.ts'
import { read, rowsOf, section } from './page-text.ts'
import { withoutClock } from './without-clock.ts'

const NO_ASSETS = { vega: '', vegaLite: '', vegaEmbed: '' }
const EVIL = `</script><img src=x onerror="alert(1)"><b>'"&`

const whole = (result: WalkForwardResult) => renderWalkForwardReport(result, NO_ASSETS)

const LEDGER: LedgerVerdict = {
  ...{
    lines: 1801,
    trials: 1801,
    failed: 0,
    byName: [],
    byVerb: [],
    first: null,
    last: null,
    compared: 1,
    unreadable: 0,
  },
  ...{ view: { name: null, series: null }, chosen: null, overfitting: null },
}

/** The page without the data and the script behind it. */
function page(result: WalkForwardResult): string {
  const html = whole(result)
  return html.slice(0, html.indexOf('<script type="application/json"'))
}

const words = (html: string) => html.replace(/<[^>]*>/g, '').replaceAll('\u202f', ' ')
const day = (time: number) => new Date(time).toISOString().slice(0, 10)
const withEfficiency = (efficiency: number | null) => (document: WalkForwardDocument) => ({ ...document, efficiency })

describe('the page of a walk-forward as text', () => {
  const result = madeWalkForward({ idleWindow: 4 })
  const { document } = result
  const html = page(result)

  test('out of sample first, then how it came about, each linked', () => {
    const ids = [...html.matchAll(/<section id="([\w-]+)"/g)].map(([, id]) => id)
    expect(ids).toEqual([
      ...[
        'verdict',
        'equity',
        'windows',
        'stability',
        'overfitting',
        'metrics',
        'remarks',
        'data',
        'search',
        'reproduce',
      ],
    ])
    const linked = [...html.matchAll(/<a href="#([\w-]+)"/g)].map(([, id]) => id)
    for (const id of linked) expect([...ids, 'main']).toContain(id)
    for (const id of ids.slice(1)) expect(linked).toContain(id)
    expect(/undefined|NaN/.exec(html)).toBeNull()
  })

  test('the headline is what was earned out of sample; in sample stands beside it, in grey', () => {
    const verdict = section(html, 'verdict')
    const { metrics, peer, inSample } = document
    const made = (value: number) => `${value < 0 ? 'lost' : 'made'} ${Math.abs(100 * value).toFixed(2)} %`
    expect(words(verdict)).toContain(
      `Chosen anew before each of 9 stretches, it ${made(metrics['totalReturn']!)} on what it had not seen, where buying and holding ${made(peer['totalReturn']!)}, falling at worst ${(100 * metrics['maxDrawdown']!).toFixed(2)} % below its peak.`,
    )
    const sharpe = /<dt>Sharpe<\/dt>(.*?)<\/div>/s.exec(verdict)![1]!
    expect(sharpe).toContain('<dd class="value">0.81</dd>')
    expect(sharpe).toContain(`<span class="later">where chosen, mean ${inSample['sharpe']!.toFixed(2)}</span>`)
    const rows = rowsOf(section(html, 'equity'))
    const [, out, held, chosen] = rows.find(([name]) => name === 'Volatility, a year')!
    expect([read(out!), read(held!), read(chosen!)]).toEqual([0.21, 0.6, 0.27])
    // one in which a choice was made may not have traded
    expect(words(verdict)).toMatch(/Windows that gained\d+\s%\d of 8 windows with a choice/)
    expect(words(section(page(madeWalkForward()), 'verdict'))).toMatch(
      /Windows that gained\d+\s%\d of 9 windows(?! with)/,
    )
  })

  test('of luck it says what the curve is by itself, deflates nothing, and points to what else was tried', () => {
    const rows = rowsOf(section(html, 'overfitting')).slice(1)
    expect(rows.map(([name, value]) => [name, words(value!)])).toEqual([
      ['Sharpe', '0.81'],
      ['Chance that its true Sharpe is above 0', '98.7 %'],
      ['Days needed to be sure', '612 days'],
    ])
    expect(words(section(html, 'verdict'))).toContain('Chance of skill98.7 %')
    expect(html).not.toMatch(/[Dd]eflated|[Tt]he only trial|chart-honesty|chart-logits/)
    for (const id of ['verdict', 'overfitting'])
      expect(section(html, id)).toContain('What else the project has tried is in its ledger.')
    // what the ledger says is the only thing that hangs on it: all else is what verify compares
    const counted = renderWalkForwardReport(result, NO_ASSETS, LEDGER)
    expect(counted).toContain('id="tried"')
    const rest = (page: string) => page.replace(/<!--ledger-->[\s\S]*?<!--\/ledger-->/g, '')
    expect(rest(counted)).toBe(rest(whole(result)))
    const { notes, ...judged } = document.overfitting!
    const few = '9 closed trades: too few to say, at least 10 are needed'
    const little = page(
      madeWalkForward({
        overfitting: {
          ...judged,
          probabilistic: null,
          minimumTrackRecord: null,
          notes: { ...notes, probabilistic: few, minimumTrackRecord: few },
        },
      }),
    )
    expect(words(section(little, 'verdict'))).toContain(`Chance of skill–${few}`)
    expect(section(little, 'overfitting').split(few)).toHaveLength(3)
  })

  test('every window has its stretches, what was chosen, and what that did before and after', () => {
    const rows = rowsOf(section(html, 'windows')).slice(1)
    expect(rows).toHaveLength(document.windows.length)
    for (const [k, one] of document.windows.entries()) {
      const [name, train, tested, chosen, before, after, gained, equity, trials] = rows[k]!
      expect([name, train, tested]).toEqual([
        String(one.window),
        `${day(one.train.from)} to ${day(one.train.to)}`,
        `${day(one.test.from)} to ${day(one.test.to)}`,
      ])
      if (one.chosen === null) {
        expect([chosen, before, after, gained, equity]).toEqual([
          '– no trial traded on this stretch',
          '–',
          '–',
          '–',
          '–',
        ])
        continue
      }
      expect(chosen!.replace(/ ?, ?/, ', ')).toBe(`fast = ${one.chosen['fast']}, slow = ${one.chosen['slow']}`)
      expect(read(before!)).toBeCloseTo(one.inSample!.objective!, 2)
      expect(Math.abs(read(after!) - one.outOfSample!.objective!)).toBeLessThan(0.0051)
      expect(Math.abs(read(gained!) - one.outOfSample!.metrics['totalReturn']!)).toBeLessThan(0.000051)
      expect(read(equity!)).toBeCloseTo(one.outOfSample!.endEquity, 1)
      expect(trials).toBe(one.failed === 0 ? '200' : '200 3 failed')
    }
    const judged = document.windows.filter(({ chosen }) => chosen !== null)
    const worse = judged.filter(({ inSample, outOfSample }) => outOfSample!.objective! < inSample!.objective!)
    expect(section(html, 'windows')).toContain(`worse there in ${worse.length} of ${judged.length} windows`)
  })

  test('every window that was traded has the backtest that makes its test again', () => {
    const [, folded] = /<details class="commands">(.*?)<\/details>/s.exec(section(html, 'windows'))!
    const commands = [...folded!.matchAll(/<p>Window (\d+)<\/p><div class="command"><code>(.*?)<\/code>/g)]
    expect(commands.map(([, window, command]) => [Number(window), command])).toEqual(
      document.windows.flatMap(({ window, command }) => (command === null ? [] : [[window, command]])),
    )
    expect(commands).toHaveLength(8)
    const none = madeWalkForward({
      change: (made) => ({ ...made, windows: made.windows.map((one) => ({ ...one, command: null })) }),
    })
    expect(page(none)).not.toContain('class="commands"')
  })

  test('what is too little for one more test is told', () => {
    const last = document.windows.at(-1)!.test.to
    const ending = (to: number) =>
      page(madeWalkForward({ change: (made) => ({ ...made, range: { ...made.range, to } }) }))
    expect(words(section(ending(last + 9.5 * 86_400_000), 'windows'))).toContain(
      'The last 9.5 days of the data are in no test: they are less than half of 60d.',
    )
    expect(ending(last)).not.toContain('in no test')
  })

  test('a window in which nothing was chosen is said in red', () => {
    expect(section(html, 'verdict')).toContain('In 1 window of 9 no trial could be chosen')
    expect(page(madeWalkForward())).not.toContain('role="alert"')
  })

  test('stability is told parameter by parameter', () => {
    const rows = rowsOf(section(html, 'stability')).slice(1)
    expect(rows.map((cells) => cells.map(words))).toEqual([
      [
        'fast',
        '10 to 100 by 10',
        '25 % by chance 10 %',
        '0.31 by chance 0.37',
        'as far as chance would move it (0.37)',
      ],
      ['slow', '120 to 500 by 20', '75 % by chance 5 %', '0.07 by chance 0.35', 'steady'],
    ])
    const told = document.windows.map(({ chosen }) => (chosen === null ? '–' : String(chosen['fast']))).join(', ')
    expect(section(html, 'stability')).toContain(`Chosen: ${told}.`)
  })

  test.each([
    // four values: chance moves 0.42, of which three quarters are 0.3125
    ['120..480 by 120', { kind: 'int', from: 120, to: 480, step: 120, isLog: false }, 0.28, 'moves'],
    [
      'four',
      { kind: 'int', from: 120, to: 480, step: 120, isLog: false },
      0.32,
      'as far as chance would move it (0.42)',
    ],
    ['two', { kind: 'list', values: [20, 50] }, 0.37, 'moves'],
    ['two', { kind: 'list', values: [20, 50] }, 0.38, 'as far as chance would move it (0.50)'],
    ['any', { kind: 'num', from: 0, to: 1, step: null, isLog: false }, 0.24, 'moves'],
    ['any', { kind: 'num', from: 0, to: 1, step: null, isLog: false }, 0.26, 'as far as chance would move it (0.33)'],
  ] as const)('a parameter is held against what chance does to as many values: %s', (_, kind, movement, said) => {
    const one = { name: 'slow', ...kind } as Dimension
    const change = (made: WalkForwardDocument) => ({
      ...made,
      stability: [{ name: 'slow', values: [1], kept: 0.54, movement }],
    })
    const html = page(madeWalkForward({ dimensions: [one], change }))
    expect(words(rowsOf(section(html, 'stability'))[1]![4]!)).toBe(said)
  })

  test('what chance does is the mean over all pairs of values', () => {
    const numbers = fc.uniqueArray(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 9 })
    const mean = (values: readonly number[], width: number) =>
      values.flatMap((a) => values.map((b) => Math.abs(a - b))).reduce((sum, x) => sum + x, 0) /
      values.length ** 2 /
      width
    fc.assert(
      fc.property(numbers, (values) => {
        const chance = chanceStep({ name: 'x', kind: 'list', values })
        expect(chance.step).toBeCloseTo(mean(values, Math.max(...values) - Math.min(...values)), 10)
        expect(chance.kept).toBe(1 / values.length)
      }),
    )
    const grid = (kind: 'int' | 'num', from: number, to: number, step: number | null, isLog = false) =>
      chanceStep({ name: 'x', kind, from, to, step, isLog })
    expect(grid('num', 0.1, 0.4, 0.1).step).toBeCloseTo(5 / 12, 12)
    expect(grid('int', 1, 3, null)).toEqual({ step: 4 / 9, kept: 1 / 3 })
    expect(grid('num', 1, 3, null)).toEqual({ step: 1 / 3, kept: 0 })
    expect(grid('int', 5, 5, 1)).toEqual({ step: null, kept: 1 })
    expect(chanceStep({ name: 'x', kind: 'list', values: ['ema', 'sma'] })).toEqual({ step: null, kept: 0.5 })
    // evenly by factor: 2,000 points of it, all pairs
    for (const high of [1.005, 1.02, 10, 1000]) {
      const points = Array.from({ length: 2000 }, (_, k) => high ** ((k + 0.5) / 2000))
      const apart = points.reduce((sum, x, k) => sum + x * (2 * k - 1999), 0)
      expect(grid('num', 1, high, null, true).step).toBeCloseTo((2 * apart) / 2000 ** 2 / (high - 1), 2)
    }
  })

  test.each([
    [1, 100],
    [1, 2],
    [7, 9],
    [1, 100_000],
    [3000, 90_000],
  ])('of whole numbers evenly by factor, %i to %i, it is what the axis draws', (from, to) => {
    const dimension = { name: 'x', kind: 'int', from, to, step: null, isLog: true } as const
    const axis = axisOf(dimension)
    const counts = new Map<number, number>()
    const DRAWS = 1_000_000
    for (let k = 0; k < DRAWS; k++) {
      const value = Number(axis.from((k + 0.5) / DRAWS))
      counts.set(value, (counts.get(value) ?? 0) + 1)
    }
    const drawn = [...counts].sort(([a], [b]) => a - b)
    let [same, apart, below, sum] = [0, 0, 0, 0]
    for (const [value, count] of drawn) {
      same += (count / DRAWS) ** 2
      apart += (2 * count * (value * below - sum)) / DRAWS ** 2
      below += count
      sum += count * value
    }
    const chance = chanceStep(dimension)
    expect(chance.kept / same).toBeCloseTo(1, 2)
    expect(chance.step! / (apart / (to - from))).toBeCloseTo(1, 3)
  })

  test('all figures stand beside their peers, with formulas and reasons', () => {
    const rows = rowsOf(section(html, 'metrics'))
    expect(rows.find(([name]) => name === 'Sharpe')!.slice(1, 4)).toEqual(['0.81', '0.70', '1.93'])
    expect(rows.find(([name]) => name === 'Sortino')![1]).toBe('– no day lost')
    expect(rows.slice(1)).toHaveLength(Object.keys(document.metrics).length)
  })

  test('it can be made again from what it says', () => {
    const again = section(html, 'reproduce')
    for (const text of [document.reproduce.command, document.reproduce.code, document.run])
      expect(again).toContain(text)
    const settings = rowsOf(section(html, 'search'))
    for (const row of [
      ['Windows', 'rolling, 9 windows'],
      ['Chosen on', 'the last 180d'],
      ['Left out between', '5d'],
      ['Tested on', 'the next 60d'],
      ['Given up', 'none'],
    ])
      expect(settings).toContainEqual(row)
  })

  test('a chart has a picture’s name, words, and a table or text beside it', () => {
    const figures = [...html.matchAll(/<figure>.*?<\/figure>/gs)].map(([text]) => text)
    expect(figures).toHaveLength(6)
    for (const text of figures) {
      expect(text).toMatch(/role="img" aria-labelledby="(chart-[\w-]+)-c" aria-describedby="\1-t"/)
      expect(/class="words"[^>]*>(.*?)<\/p>/s.exec(text)![1]!.length).toBeGreaterThan(20)
    }
  })
})

describe('pages of other walk-forwards', () => {
  test.each([
    [
      -0.2,
      'below 0: what had gained where it was chosen lost afterwards',
      'What was chosen because it had gained, lost.',
    ],
    [
      0.37,
      'below a half: most of what was found was fitted to the past',
      'A year brought 37 % of what it brought where it was chosen.',
    ],
    [0.8, 'a half or more: most of what was found was still there afterwards', 'A year brought 80 % of'],
    [2, 'later stretches were kinder', 'A year brought 200 % of'],
  ])('an efficiency of %d is told in words', (efficiency, meaning, sentence) => {
    const html = page(madeWalkForward({ change: withEfficiency(efficiency) }))
    expect(section(html, 'windows')).toContain(meaning)
    expect(words(section(html, 'verdict'))).toContain(sentence)
    expect(/card (good|bad)"><dt>Walk-forward efficiency/.exec(html)![1]).toBe(efficiency >= 0.5 ? 'good' : 'bad')
  })

  test('no efficiency: it says why', () => {
    const change = (document: WalkForwardDocument) => ({
      ...document,
      efficiency: null,
      notes: { efficiency: 'what was chosen lost where it was chosen' },
    })
    const html = page(madeWalkForward({ change }))
    expect(section(html, 'windows')).toContain('Here it cannot be said: what was chosen lost where it was chosen.')
    expect(section(html, 'verdict')).toContain('<dd class="peer">what was chosen lost where it was chosen</dd>')
  })

  test('no costs: in red', () => {
    expect(section(page(madeWalkForward({ hasCosts: false })), 'verdict')).toContain('All costs were set to zero')
  })

  test('no window, no benchmark, nothing said of luck: told, not drawn', () => {
    const html = page(madeWalkForward({ windows: 0, overfitting: null, hasBenchmark: false }))
    expect(section(html, 'equity')).toContain('Nothing was traded')
    expect(section(html, 'windows')).toContain('The data hold no window of this length')
    expect(section(html, 'overfitting')).toContain('no daily returns that could be compared')
    expect(html).not.toContain('id="chart-equity"')
    const alone = page(madeWalkForward({ hasBenchmark: false }))
    expect(section(alone, 'equity')).not.toContain('Grey: buy and hold')
  })

  test('anchored windows grow from the start', () => {
    const html = page(madeWalkForward({ kind: 'anchored' }))
    expect(section(html, 'search')).toContain('all from the start, at first 180d')
    expect(section(html, 'windows')).toContain('(180d at first, growing)')
  })

  test('names and values that are markup stay text, wherever they stand', () => {
    const change = (document: WalkForwardDocument): WalkForwardDocument => ({
      ...document,
      run: EVIL,
      name: EVIL,
      quote: EVIL,
      plan: { ...document.plan, train: EVIL, test: EVIL, embargo: EVIL },
      search: {
        ...document.search,
        where: EVIL,
        objective: { name: EVIL, goal: 'min' },
        dimensions: [{ name: EVIL, kind: 'list', values: [EVIL] }],
      },
      windows: document.windows.map((one, k) => ({ ...one, chosen: k === 0 ? null : { [EVIL]: EVIL }, reason: EVIL })),
      stability: [{ name: EVIL, values: [EVIL, null], kept: 1, movement: null }],
      notes: { sortino: EVIL, efficiency: EVIL },
      efficiency: null,
      remarks: [EVIL],
      overfitting: { ...document.overfitting!, verdict: EVIL },
    })
    const html = whole(madeWalkForward({ change }))
    expect(html).not.toContain('<img')
    expect(html).not.toContain('<b>')
    expect([...html.matchAll(/<\/script>/g)]).toHaveLength(5)
    expect(html.split('&#60;/script&#62;').length).toBeGreaterThan(30)
  })
})

describe('the bytes of the page of a walk-forward', () => {
  test('the same result gives the same, without asking for the time', () => {
    const first = whole(madeWalkForward())
    const again = madeWalkForward()
    expect(withoutClock(() => whole(again)) === first).toBe(true)
  })

  test('forty windows over five parameters are below 2 MB', () => {
    const html = renderWalkForwardReport(madeWalkForward({ windows: 40, dimensions: MANY }), reportAssets())
    expect(Buffer.byteLength(html)).toBeLessThan(2e6)
  })
})
