import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { VENUES } from '../../src/core/series.ts'
import { costsOf } from '../../src/engine/index.ts'
import { type BacktestOptions, runBacktest } from '../../src/index.ts'
import { type Config, findConfig } from '../../src/runs/config.ts'
import { FEE_TIERS } from '../../src/runs/fee-tiers.ts'
import { EMBEDDED } from '../../src/runs/package-info.ts'
import { verifyRun } from '../../src/runs/rerun.ts'
import { type Given, settle } from '../../src/runs/settings.ts'
import { VENUE_COSTS } from '../../src/runs/venue-costs.ts'
import { scratch } from '../cli/klinelab.ts'
import { klinelabHere } from '../cli/klinelab-here.ts'
import { plainText } from '../core/exact.ts'

const FILE = '/project/klinelab.config.ts'
const settled = (given: Given, config: Config = {}) => settle(given, { file: FILE, config }, {}, '/project')

/** Maker, taker, tier, discount. */
function fees(given: Given, config: Config = {}, venue: (typeof VENUES)[number] = 'binance') {
  const settings = settled(given, config)
  const { feeMaker, feeTaker } = settings.costsOf(venue)
  const { feeTier, feeDiscount } = settings.feeTermsOf(venue)
  return [feeMaker, feeTaker, feeTier, feeDiscount]
}

describe('the schedules', () => {
  test.each(VENUES)('%s: from the dearest step to the cheapest, each with a name of its own', (venue) => {
    const tiers = FEE_TIERS[venue]
    expect(new Set(tiers.map(({ name }) => name)).size).toBe(tiers.length)
    tiers.forEach(({ maker, taker }, k) => {
      const before = tiers[k - 1] ?? { maker: 1, taker: 1 }
      expect(maker).toBeLessThanOrEqual(before.maker)
      expect(taker).toBeLessThanOrEqual(before.taker)
      expect(maker).toBeLessThanOrEqual(taker)
      // an exchange that paid makers more than it takes from takers would pay anybody who trades with himself
      expect(maker + taker).toBeGreaterThan(0)
      // an exact rate
      costsOf({ feeMaker: maker, feeTaker: taker, slippageBps: 0 })
    })
    expect([VENUE_COSTS[venue].feeMaker, VENUE_COSTS[venue].feeTaker]).toEqual([tiers[0].maker, tiers[0].taker])
    expect(tiers[0].maker).toBeGreaterThan(0)
  })

  // as the exchanges publish them, in percent
  test.each([
    ['binance', 'VIP0', 0.001, 0.001],
    ['binance', 'VIP4', 0.0004, 0.00052],
    ['binance', 'VIP9', 0.00011, 0.00023],
    ['binance-usdm', 'VIP0', 0.0002, 0.0005],
    ['binance-usdm', 'VIP6', 0.00006, 0.00025],
    ['binance-usdm', 'VIP9', 0, 0.00017],
    ['coinbase', 'Intro1', 0.006, 0.012],
    ['kraken', '0', 0.0025, 0.004],
    ['kraken', '50K', 0.0014, 0.0024],
    ['kucoin', 'LV3', 0.0005, 0.0008],
    ['kucoin', 'LV12', -0.00005, 0.00025],
  ] as const)('%s %s: maker %d, taker %d', (venue, feeTier, maker, taker) => {
    expect(fees({ feeTier }, {}, venue)).toEqual([maker, taker, feeTier, 0])
  })
})

describe('what is said of fees', () => {
  const tiered: Config = { fees: { binance: { tier: 'VIP3', discount: 0.25 } } }
  const rated: Config = { fees: { binance: { maker: 0.0007, taker: 0.0009 } } }
  const TIERED = [0.0003, 0.00045, 'VIP3', 0.25]

  test.each<readonly [what: string, given: Given, config: Config, expected: readonly unknown[]]>([
    ['nothing: the base tier', {}, {}, [0.001, 0.001, 'VIP0', 0]],
    ['a tier', { feeTier: 'VIP3' }, {}, [0.0004, 0.0006, 'VIP3', 0]],
    ['a discount alone is off the base tier', { feeDiscount: 0.25 }, {}, [0.00075, 0.00075, 'VIP0', 0.25]],
    ['both', { feeTier: 'VIP3', feeDiscount: 0.25 }, {}, TIERED],
    ['both by the config', {}, tiered, TIERED],
    ['a flag’s tier over the config’s, whose discount stays', { feeTier: 'VIP1' }, tiered, [0.000675, 0.00075, 'VIP1', 0.25]],
    ['a flag’s discount over the config’s', { feeDiscount: 0 }, tiered, [0.0004, 0.0006, 'VIP3', 0]],
    ['a flag’s tier over the config’s rates', { feeTier: 'VIP3' }, rated, [0.0004, 0.0006, 'VIP3', 0]],
    ['the config’s rates', {}, rated, [0.0007, 0.0009, null, 0]],
    ['a flag’s rate over the config’s', { feeMaker: -0.0001 }, rated, [-0.0001, 0.0009, null, 0]],
    ['a flag’s rate over a tier, which keeps the other', { feeMaker: 0.0002 }, tiered, [0.0002, 0.00045, null, 0]],
    ['the base tier’s own rates are the base tier', { feeMaker: 0.001, feeTaker: 0.001 }, tiered, [0.001, 0.001, 'VIP0', 0]],
    ['no costs, whatever the config has', { noCosts: true }, tiered, [0, 0, null, 0]],
  ])('%s', (_, given, config, expected) => {
    expect(fees(given, config)).toEqual(expected)
  }) // biome-ignore format: a line a case

  test('a rebate is no fee: a discount takes nothing off it', () => {
    // 0.00045 × 0.8
    expect(fees({ feeTier: 'LV8', feeDiscount: 0.2 }, {}, 'kucoin')).toEqual([-0.00005, 0.00036, 'LV8', 0.2])
  })

  test('a discount is exact, or refused', () => {
    const discount = fc.integer({ min: 0, max: 9999 })
    fc.assert(
      fc.property(discount, fc.constantFrom(...VENUES), (d, venue) => {
        const [maker, taker] = fees({ feeDiscount: d / 10_000 }, {}, venue)
        const base = FEE_TIERS[venue][0]
        // rates of the tables are whole millionths
        const paid = (of: number) => Number(plainText(BigInt(Math.round(of * 1e6)) * BigInt(10_000 - d), 10))
        expect([maker, taker]).toEqual([paid(base.maker), paid(base.taker)])
        costsOf({ feeMaker: maker as number, feeTaker: taker as number, slippageBps: 0 })
      }),
    )
    expect(() => fees({ feeDiscount: 0.3333333333 })).toThrow(
      'feeDiscount 0.3333333333 leaves 0.0006666666667 of the fee 0.001: a rate has at most 12 decimals',
    )
  })

  test.each<readonly [given: Given, config: Config, message: string]>([
    [{ feeTier: 'VIP33' }, {}, 'feeTier: binance has no fee tier "VIP33" (did you mean "VIP3"?); it has VIP0, VIP1,'],
    [{ feeTier: 'LV1' }, {}, 'binance has no fee tier "LV1"'],
    [{ feeTier: 'VIP3', feeMaker: 0.001 }, {}, 'feeMaker 0.001 and feeTier VIP3 exclude one another: a rate that is given'],
    [{ feeTier: 'VIP3', feeTaker: 0.001 }, {}, 'feeTaker 0.001 and feeTier VIP3 exclude one another'],
    [{ feeDiscount: 0.1, feeTaker: 0.001 }, {}, 'feeTaker 0.001 and feeDiscount 0.1 exclude one another'],
    [{ noCosts: true, feeTier: 'VIP3' }, {}, 'no costs and feeTier VIP3 exclude one another'],
    [{ noCosts: true, feeDiscount: 0.1 }, {}, 'no costs and feeDiscount 0.1 exclude one another'],
    [{ feeDiscount: 0.1 }, rated, `feeDiscount 0.1 has no fee to be taken off: ${FILE} gives the rates of binance`],
    [{}, { fees: { kraken: { tier: '60K' } } }, `${FILE}: fees.kraken.tier: kraken has no fee tier "60K" (did you mean "10K"?)`],
    [{}, { fees: { binance: { tier: 'VIP1', maker: 0.1 } } }, `${FILE}: fees.binance.maker 0.1 and ${FILE}: fees.binance.tier VIP1`],
  ])('%o over %o is refused', (given, config, message) => {
    expect(() => fees(given, config)).toThrow(message)
  }) // biome-ignore format: a line a case

  test('where each came from', () => {
    const { origins } = settled({ feeTier: 'VIP1' }, tiered)
    expect(origins['fee-tier']).toEqual({ value: 'VIP1', from: '--fee-tier' })
    expect(origins['fee-discount']).toEqual({ value: 'per venue', from: FILE })
    expect(origins['fee-maker']).toEqual({ value: 'per venue', from: 'built in' })
    expect(settled({ feeMaker: -0.0001 }).origins['fee-maker']).toEqual({ value: -0.0001, from: '--fee-maker' })
  })

  test('the config knows the keys, and their bounds', async () => {
    const config = (fees: string) => scratch({ 'klinelab.config.ts': `export default { fees: { binance: ${fees} } }` })
    const found = await findConfig(config("{ tier: 'VIP2', discount: 0.25 }"))
    expect(found.config.fees).toEqual({ binance: { tier: 'VIP2', discount: 0.25 } })
    expect((await findConfig(config('{ maker: -0.0001 }'))).config.fees).toEqual({ binance: { maker: -0.0001 } })
    await expect(findConfig(config("{ teir: 'VIP2' }"))).rejects.toThrow('"fees.binance.teir" (did you mean "tier"?)')
    await expect(findConfig(config('{ taker: -0.0001 }'))).rejects.toThrow('fees.binance.taker is -0.0001')
    await expect(findConfig(config('{ discount: 1 }'))).rejects.toThrow('fees.binance.discount is 1')
  })
})

/** Buys below the close as a maker, sells at the next open as a taker. */
const RESTING = `import { buy, cancelAll, close, defineStrategy } from 'klinelab'
export default defineStrategy({
  name: 'resting',
  onBar: ({ bar, position }) => [
    cancelAll(),
    position.qty === 0 ? buy({ qty: 0.1, limit: bar.close * 0.999 }) : close(),
  ],
})
`

describe('a run', () => {
  const project = scratch({ 'strategies/resting.ts': RESTING, 'package.json': '{}' })
  const strategy = join(project, 'strategies/resting.ts')
  const out = scratch()
  const range = { from: '2024-01-01', to: '2024-02-01', store: EMBEDDED, out }
  const run = (options: Partial<BacktestOptions> = {}) =>
    runBacktest({ strategy, data: 'binance:BTCUSDT:1h', ...range, ...options })

  /** Fee of every fill over its notional. */
  const rates = ({ fills }: Awaited<ReturnType<typeof run>>, liquidity: string) =>
    fills.filter((fill) => fill.liquidity === liquidity).map(({ fee, price, qty }) => fee / (price * qty))

  const SETTINGS: readonly (readonly [Partial<BacktestOptions>, maker: number, taker: number, command: string])[] = [
    [{}, 0.001, 0.001, ''],
    [{ feeTier: 'VIP3' }, 0.0004, 0.0006, ' --fee-tier VIP3'],
    [{ feeDiscount: 0.25 }, 0.00075, 0.00075, ' --fee-discount 0.25'],
    [{ feeTier: 'VIP9', feeDiscount: 0.25 }, 0.0000825, 0.0001725, ' --fee-tier VIP9 --fee-discount 0.25'],
    [{ feeMaker: -0.0001 }, -0.0001, 0.001, ' --fee-maker=-0.0001'],
    [{ feeMaker: -0.0000005, feeTaker: 0.00023 }, -0.0000005, 0.00023, ' --fee-maker=-5e-7 --fee-taker 0.00023'],
    // the rates of a tier, given: another run, since its report tells of none
    [{ feeMaker: 0.0004, feeTaker: 0.0006 }, 0.0004, 0.0006, ' --fee-maker 0.0004 --fee-taker 0.0006'],
  ]

  test('its fills are charged so; identity, record and command have it, and it can be made again', async () => {
    const ids = new Set<string>()
    for (const [options, maker, taker, command] of SETTINGS) {
      const made = await run(options)
      const { document, dir, fills } = made
      ids.add(document.run)
      for (const [liquidity, rate] of Object.entries({ maker, taker })) {
        const found = rates(made, liquidity)
        expect(found.length).toBeGreaterThan(3)
        // rounded to the ledger's 1e-8 of some thousands
        for (const one of found) expect(Math.abs(one - rate)).toBeLessThan(1e-11)
      }
      expect(document.costs).toMatchObject({ feeMaker: maker, feeTaker: taker })
      const sum = fills.reduce((all, { fee }) => all + fee, 0)
      expect(document.costs.fees).toBeCloseTo(sum, 6)
      const { feeTier, feeDiscount } = document.costs
      expect(document.reproduce.request!.costs['binance']).toMatchObject({ feeMaker: maker, feeTier, feeDiscount })
      expect(document.reproduce.command.replace(/.*--to 2024-02-01/, '')).toBe(command)
      const verified = await verifyRun(dir!, EMBEDDED, project)
      expect([verified.problems, verified.same]).toEqual([[], true])
    }
    expect(ids.size).toBe(SETTINGS.length)
  })

  test('the base tier by name, and by its rates, is the run in which nothing is said', async () => {
    const [plain, named, given] = await Promise.all([
      run(),
      run({ feeTier: 'VIP0', feeDiscount: 0 }),
      run({ feeMaker: 0.001, feeTaker: 0.001 }),
    ])
    expect(named.document).toEqual(plain.document)
    expect(given.document).toEqual(plain.document)
  })

  test('a printed command with a rebate makes the same run', async () => {
    const { document } = await run({ feeMaker: -0.0000005, feeTaker: 0.00023 })
    const [, ...words] = document.reproduce.command.split(' ')
    const again = await klinelabHere([...words, '--store', EMBEDDED, '--out', scratch(), '--json'], {
      cwd: project,
    })
    expect(again.json<{ run: string }>().run).toBe(document.run)
  })

  test.each<readonly [Partial<BacktestOptions>, string]>([
    [{ feeTier: 'VIP9', feeDiscount: 0.25 }, 'fees of tier VIP9 less 25 %: maker 0.00825 %, taker 0.01725 %'],
    [{ feeTier: 'VIP3' }, 'fees of tier VIP3: maker 0.04 %, taker 0.06 %'],
    [{ feeMaker: -0.0001, feeTaker: 0.0005 }, 'fees as given: maker −0.01 %, taker 0.05 %'],
  ])('%o is told at the head of its report', async (options, text) => {
    const { dir } = await run({ ...options, to: '2024-01-10' })
    const report = readFileSync(join(dir!, 'report.html'), 'utf8')
    const head = /<p class="facts">(.*?)<\/p>/s.exec(report)![1]!
    expect(head.replaceAll('\u202f', ' ')).toContain(text)
  })

  test('without costs nothing is said of a tier', async () => {
    const { dir, document } = await run({ noCosts: true, to: '2024-01-10' })
    expect(document.costs).toMatchObject({ feeTier: null, feeDiscount: 0, fees: 0, none: true })
    expect(readFileSync(join(dir!, 'report.html'), 'utf8')).not.toMatch(/<p class="facts">[^<]*fees/)
  })
})
