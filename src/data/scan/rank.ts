import { givenText } from '../../core/given-text.ts'
import { didYouMean } from '../../core/suggest.ts'

/** What markets can be ranked by. */
export const MEASURES = ['change', 'volume', 'volatility', 'spread', 'momentum'] as const
export type Measure = (typeof MEASURES)[number]

/** A market's figures, as far as they are known; NaN is not known. */
export type MarketFigures = { readonly [K in Measure]?: number } & { readonly symbol: string }

/** Weights of measures: above 0 their usual direction is the good one, below 0 the other. */
export type Mix = Readonly<Partial<Record<Measure, number>>>

export type Ranked<Market> = Market & {
  /** From 1. */
  readonly rank: number
  /** Weighted mean of the places in each measure, 1 for the best market and 0 for the last. */
  readonly score: number
}

/** A wide spread is no merit; of all else more is more. */
const LESS_IS_BETTER: readonly Measure[] = ['spread']

/**
 * Reads `change`, or a mix such as `volume=0.5,change=0.5`.
 * @throws RangeError that quotes the word and suggests the nearest
 */
export function parseMix(text: string): Mix {
  const mix: Partial<Record<Measure, number>> = {}
  for (const part of text.split(',')) {
    const [word = '', weight = '1', ...rest] = part.split('=').map((one) => one.trim())
    if (!isMeasure(word))
      throw new RangeError(
        `nothing can be ranked by "${word}"${didYouMean(word, MEASURES)}; known: ${MEASURES.join(', ')}`,
      )
    const value = weight === '' || rest.length > 0 ? Number.NaN : Number(weight)
    if (!Number.isFinite(value) || value === 0)
      throw new RangeError(`"${part}" is not allowed; write a weight other than 0, e.g. ${word}=0.5`)
    if (mix[word] !== undefined) throw new RangeError(`${word} is there twice in "${text}"`)
    mix[word] = value
  }
  return mix
}

/** @throws RangeError for what is neither a text nor weights by measure */
export function mixOf(name: string, by: unknown): Mix {
  if (typeof by === 'string') return parseMix(by)
  if (typeof by === 'object' && by !== null && !Array.isArray(by)) return by as Mix
  throw new RangeError(
    `${name}: by is ${givenText(by)}; write one of ${MEASURES.join(', ')}, or weights such as { volume: 0.5, momentum: 0.5 }`,
  )
}

function isMeasure(word: string): word is Measure {
  return (MEASURES as readonly string[]).includes(word)
}

/** The measures of a mix, in the order of `MEASURES`. */
export function measuresOf(mix: Mix): readonly Measure[] {
  return MEASURES.filter((measure) => mix[measure] !== undefined)
}

/**
 * Markets from the best to the last, those left out that lack a figure the ranking needs. Several measures are mixed by place and
 * not by size, since a volume of billions and a change of percent have no common scale; equal figures share their place,
 * equal scores go by symbol, so that the order of the list does not matter.
 * @param by one measure, a mix such as `volume=0.5,change=0.5`, or its weights
 * @throws RangeError for a measure that there is not
 */
export function rankMarkets<Market extends MarketFigures>(
  markets: readonly Market[],
  by: string | Mix,
): readonly Ranked<Market>[] {
  if (!Array.isArray(markets))
    throw new RangeError(
      `rankMarkets(${givenText(markets)}): write a list of markets, rankMarkets([{ symbol: 'BTCUSDT', change: 0.02 }, …], 'change')`,
    )
  const mix = mixOf('rankMarkets', by)
  const measures = measuresOf(mix)
  const known = markets.filter((market) => measures.every((measure) => Number.isFinite(market[measure])))
  const scores = new Float64Array(known.length)
  const total = measures.reduce((sum, measure) => sum + Math.abs(mix[measure]!), 0)
  for (const measure of measures) {
    const weight = mix[measure]!
    const isLess = LESS_IS_BETTER.includes(measure) !== weight < 0
    const places = placesOf(known.map((market) => (isLess ? -market[measure]! : market[measure]!)))
    for (const [k, place] of places.entries()) scores[k]! += (Math.abs(weight) / total) * place
  }
  return known
    .map((market, k) => ({ market, score: scores[k]! }))
    .sort((a, b) => b.score - a.score || (a.market.symbol < b.market.symbol ? -1 : 1))
    .map(({ market, score }, k) => ({ ...market, rank: k + 1, score }))
}

/** 1 for the largest, 0 for the smallest, evenly between; equal ones get the middle of their places. */
function placesOf(values: readonly number[]): readonly number[] {
  const order = values.map((_, k) => k).sort((a, b) => values[a]! - values[b]!)
  const places = values.map(() => 1)
  if (values.length === 1) return places
  for (let from = 0; from < order.length; ) {
    let to = from
    while (to + 1 < order.length && values[order[to + 1]!] === values[order[from]!]) to++
    for (let k = from; k <= to; k++) places[order[k]!] = (from + to) / 2 / (order.length - 1)
    from = to + 1
  }
  return places
}
