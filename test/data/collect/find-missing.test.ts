import { describe, expect, test } from 'vitest'
import { barsBetween } from '../../../src/core/interval.ts'
import type { Hole, HoleCause } from '../../../src/data/collect/batch.ts'
import { findMissing, missingIn } from '../../../src/data/collect/find-missing.ts'
import type { SeriesManifest } from '../../../src/data/manifest.ts'

const HOUR = 3_600_000
const at = (hour: number) => Date.UTC(2024, 0, 1, hour)
const hours = (from: number, to: number) => ({ from: at(from), to: at(to) })

function hole(from: number, to: number, cause: HoleCause): Hole {
  return { start: at(from), end: at(to), bars: to - from, cause, because: '' }
}

/** Bars from `from` to `to` but for the gaps. */
function stored(from: number, to: number, gaps: readonly [number, number][] = [], holes: readonly Hole[] = []) {
  const rows = to - from - gaps.reduce((sum, [start, end]) => sum + end - start, 0)
  return {
    ...{ format: 1, series: 'binance:BTCUSDT:1h', rows, from: at(from), to: at(to), priceDecimals: 2, files: [] },
    gaps: gaps.map(([start, end]) => ({ start: at(start), end: at(end), bars: end - start })),
    ...{ sources: [], outages: [], duplicates: 0, unfinished: 0, skipped: [], holes },
  } satisfies SeriesManifest
}

/** In hours; pages of 10. */
function missing(manifest: SeriesManifest | null, from: number, to: number, isAgain = true) {
  return findMissing(manifest, hours(from, to), '1h', { pageRows: 10, isAgain }).map((part) => [
    barsBetween(at(0), part.from, '1h'),
    barsBetween(at(0), part.to, '1h'),
  ])
}

describe('what is missing', () => {
  test('of nothing stored: all', () => {
    expect(missing(null, 5, 50)).toEqual([[5, 50]])
    expect(missing({ ...stored(10, 10), rows: 0 }, 5, 50)).toEqual([[5, 50]])
  })

  test('ahead of the first bar, in gaps, and behind the last', () => {
    const manifest = stored(100, 200, [
      [120, 125],
      [140, 150],
    ])
    // 7 new bars leave 3 places in their page: fewer than half a page, so that a second page is read again
    expect(missing(manifest, 90, 207)).toEqual([
      [90, 100],
      [120, 125],
      [140, 150],
      [187, 207],
    ])
    expect(missing(manifest, 122, 145)).toEqual([
      [122, 125],
      [140, 145],
    ])
    expect(missing(manifest, 126, 140)).toEqual([])
  })

  test('the last bars are read again, at least half a page, where the range reaches the end', () => {
    const manifest = stored(100, 200)
    expect(missing(manifest, 100, 200)).toEqual([[190, 200]])
    expect(missing(manifest, 100, 204)).toEqual([[194, 204]])
    expect(missing(manifest, 100, 205)).toEqual([[195, 205]])
    expect(missing(manifest, 100, 206)).toEqual([[186, 206]])
    expect(missing(manifest, 100, 199)).toEqual([])
    // never ahead of what is asked for, and a range behind the end is none of theirs
    expect(missing(manifest, 197, 203)).toEqual([[197, 203]])
    expect(missing(manifest, 200, 203)).toEqual([[200, 203]])
    expect(missing(manifest, 250, 260)).toEqual([[250, 260]])
  })

  test('a gap that touches what is read again is one with it', () => {
    expect(missing(stored(100, 200, [[185, 191]]), 100, 200)).toEqual([[185, 200]])
  })

  test('holes that are explained are not asked for again; others are, where somebody asks by name', () => {
    const causes = ['outage', 'no-trades', 'not-listed', 'horizon'] as const
    for (const cause of causes) {
      const manifest = stored(100, 200, [[120, 125]], [hole(120, 125, cause)])
      expect(missing(manifest, 100, 180), cause).toEqual([])
    }
    const manifest = stored(100, 200, [[120, 130]], [hole(122, 126, 'outage'), hole(120, 122, 'unexplained')])
    expect(missing(manifest, 100, 180)).toEqual([
      [120, 122],
      [126, 130],
    ])
    expect(missing(manifest, 100, 180, false)).toEqual([[126, 130]])
  })

  test('made bars are missing as their holes are', () => {
    const made = [{ start: at(120), end: at(130), bars: 10 }]
    const manifest = { ...stored(100, 200, [], [hole(120, 124, 'outage'), hole(124, 130, 'unexplained')]), made }
    expect(missing(manifest, 100, 180)).toEqual([[124, 130]])
    expect(missing(manifest, 100, 180, false)).toEqual([])
    // beside a gap, and where nothing is known
    expect(missing({ ...stored(100, 200, [[130, 133]]), made }, 100, 180)).toEqual([[120, 133]])
  })

  test('a market that has later bars has not ended: what was thought its end is asked for again', () => {
    const manifest = stored(100, 200, [[120, 125]], [hole(120, 125, 'delisted')])
    for (const isAgain of [true, false]) expect(missing(manifest, 100, 180, isAgain)).toEqual([[120, 125]])
  })

  test('ahead of the first bar too', () => {
    const manifest = stored(100, 200, [], [hole(60, 100, 'not-listed')])
    expect(missing(manifest, 50, 150)).toEqual([[50, 60]])
  })

  test('behind the last bar everything is asked for again, but for a market that has ended', () => {
    for (const cause of ['no-trades', 'unexplained', 'outage', 'not-listed'] as const)
      expect(missing(stored(100, 200, [], [hole(200, 204, cause)]), 100, 210, false), cause).toEqual([[190, 210]])
    expect(missing(stored(100, 200, [], [hole(200, 204, 'delisted')]), 100, 210)).toEqual([
      [190, 200],
      [204, 210],
    ])
  })
})

describe('missing in', () => {
  test('at the beginning, between and at the end; bars around the stretch are not looked at', () => {
    const times = [3, 10, 11, 12, 15, 30].map(at)
    expect(missingIn(times, hours(8, 20), '1h')).toEqual([hours(8, 10), hours(13, 15), hours(16, 20)])
    expect(missingIn(times, hours(10, 13), '1h')).toEqual([])
    expect(missingIn([], hours(10, 13), '1h')).toEqual([hours(10, 13)])
    expect(missingIn(times, { from: at(13), to: at(13) }, '1h')).toEqual([])
    expect(HOUR).toBe(at(1) - at(0))
  })

  test('months by the calendar', () => {
    const month = (m: number) => Date.UTC(2024, m, 1)
    expect(missingIn([month(0), month(1), month(3)], { from: month(0), to: month(5) }, '1M')).toEqual([
      { from: month(2), to: month(3) },
      { from: month(4), to: month(5) },
    ])
  })
})
