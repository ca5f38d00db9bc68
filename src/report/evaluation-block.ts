import type { EvaluationDocument, EvaluationResult, SeriesEvaluation, SeriesPredictions } from '../core/evaluation.ts'
import { section } from './html.ts'

/** One series of an evaluation, as its sections see it. */
export interface Block {
  readonly document: EvaluationDocument
  readonly one: SeriesEvaluation
  /** `null` where a training was stopped before this series said anything. */
  readonly predictions: SeriesPredictions | null
  /** What ids of its sections and charts end with, so that several series share a page. */
  readonly tail: string
  /** Told in headings where there are several. */
  readonly name: string
}

export function blocksOf({ document, predictions }: EvaluationResult): Block[] {
  const isAlone = document.series.length === 1
  return document.series.map((one, k) => ({
    document,
    one,
    predictions: predictions[k] ?? null,
    tail: k === 0 ? '' : `-${k + 1}`,
    name: isAlone ? '' : shortName(one.series),
  }))
}

/** `binance:BTCUSDT:1h` as a heading says it. */
function shortName(series: string): string {
  return series.split(':').slice(1).join(' ') || series
}

/** A section of a series; its heading names the series where there are several. */
export function blockSection(block: Block, id: string, title: string, ...parts: readonly string[]): string {
  return section(`${id}${block.tail}`, block.name === '' ? title : `${title} · ${block.name}`, ...parts)
}

/** What the classes are called, in their order. */
export function classNames({ classes }: EvaluationDocument): readonly string[] {
  return classes === 2 ? ['0', '1 (p)'] : ['0, down', '1, time-out', '2, up (p)']
}
