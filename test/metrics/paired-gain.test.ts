import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'
import { pairedGain } from '../../src/metrics/paired-gain.ts'

const OPTIONS = { level: 0.9, span: 1, seed: 1 }

describe('gain of one over another', () => {
  test('is the mean, and of one that is always as much better there is no doubt', () => {
    const { mean, interval } = pairedGain(new Float64Array(50).fill(0.25), OPTIONS)
    expect(mean).toBe(0.25)
    expect(interval).toEqual({ low: 0.25, high: 0.25 })
  })

  test('of independent rows has the interval of their mean', () => {
    const random = seededRandom(2)
    // uniform on ± 1: deviation 1 ÷ √3
    const rows = Float64Array.from({ length: 1200 }, () => 2 * random() - 1)
    const { mean, interval } = pairedGain(rows, OPTIONS)
    const reach = 1.645 / Math.sqrt(3) / Math.sqrt(1200)
    expect(Math.abs((interval!.high - interval!.low) / (2 * reach) - 1)).toBeLessThan(0.15)
    expect((interval!.high + interval!.low) / 2).toBeCloseTo(mean, 2)
  })

  test('of rows that hang together is wider, by as much as the blocks see of it', () => {
    const random = seededRandom(3)
    const runs = Array.from({ length: 60 }, () => (random() < 0.5 ? -1 : 1))
    const rows = Float64Array.from({ length: 1200 }, (_, row) => runs[Math.floor(row / 20)]!)
    const [plain, wide] = [OPTIONS, { ...OPTIONS, span: 20 }].map((options) => pairedGain(rows, options).interval!)
    const width = ({ low, high }: { low: number; high: number }) => high - low
    // independent it would be 2 × 1.645 ÷ √1200 = 0.095; sixty runs have 2 × 1.645 ÷ √60 = 0.42
    expect(width(wide!)).toBeGreaterThan(0.3)
    expect(width(wide!)).toBeGreaterThan(width(plain!))
  })

  test('of a few rows there is no interval', () => {
    expect(pairedGain(Float64Array.of(1, 2, 3), OPTIONS)).toEqual({ mean: 2, interval: null, blockLength: null })
  })
})
