import { readDocument } from '../load-run.ts'
import type { Settings } from '../settings.ts'
import { usage } from '../usage-error.ts'
import { GATE, type GateName, isOpen, judge, type Measured, type Thresholds } from './checklist.ts'
import { evidenceOf, type Host } from './evidence.ts'
import { measure } from './measure.ts'
import { keepPromotion, type Promotion, promotionOf } from './promotion.ts'

export interface PromoteRequest {
  /** Folder of the run. */
  readonly dir: string
  readonly thresholds: Thresholds
  /** By name of a check: why it may pass all the same. */
  readonly overrides: Readonly<Record<string, string>>
}

/** Names are looked at before work of a minute is done for them. */
const NOTHING = Object.fromEntries(
  GATE.map((name) => [name, { figure: null, threshold: 0, must: 'at least', unit: 'count', words: '' } as const]),
) as Readonly<Record<GateName, Measured>>

/**
 * The gate between a backtest and an exchange: every check with its figure and threshold, kept beside the run whether it opens or
 * not. What cannot be told counts as not passed.
 * @throws UsageError, DataError as the checks do
 */
export async function promote(
  { dir, thresholds, overrides }: PromoteRequest,
  settings: Settings,
  host: Host & { readonly now: () => number },
): Promise<Promotion & { readonly file: string }> {
  usage(() => judge(NOTHING, overrides))
  const document = readDocument(dir)
  const evidence = await evidenceOf(dir, document, settings, host)
  const checklist = judge(measure(evidence, thresholds), overrides)
  const promotion = promotionOf(document, checklist, { at: host.now(), promoted: isOpen(checklist) })
  return { ...promotion, file: keepPromotion(dir, promotion) }
}
