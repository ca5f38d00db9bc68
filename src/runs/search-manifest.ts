import type { RecordedRequest, SeriesUsed } from '../core/run.ts'
import type { Params } from '../core/search.ts'
import type { Manifest } from '../search/backend.ts'
import { codeHash, inlineHash } from './code-hash.ts'
import { groundOf } from './ground-facts.ts'
import type { ModelManifest } from './model-manifest.ts'
import type { ObjectiveSpec } from './objective.ts'
import { VERSION } from './package-info.ts'
import type { Prepared } from './prepare.ts'
import { recordOf } from './reproduce.ts'
import type { GroundFacts } from './run-facts.ts'
import { inputsOf, sha256 } from './run-identity.ts'
import { seriesUsed } from './series-used.ts'
import type { Settings } from './settings.ts'

/** All that decides what a trial of a search comes to, besides its own parameters: what a worker elsewhere is sent. */
export type SearchManifest = StrategyManifest | ModelManifest

export interface StrategyManifest extends Manifest {
  readonly subject: 'strategy'
  /** `null` for a strategy that was handed over as an object, which cannot be sent anywhere. */
  readonly request: RecordedRequest | null
  /** Parameters that are not searched, at their defaults or not. */
  readonly fixed: Params
  readonly objective: ObjectiveSpec
  /** Figures that each outcome has. */
  readonly figures: readonly string[]
  /** What else decides it, by name: sha256 of each. */
  readonly inputs: Readonly<Record<string, string>>
}

/** What a search is run on: loaded, checked, and what it is known by. */
export interface SearchGround {
  readonly prepared: Prepared
  readonly facts: GroundFacts
  readonly used: readonly SeriesUsed[]
  readonly manifest: StrategyManifest
}

/**
 * What a prepared search is known by.
 * @param fixed all parameters that are not searched
 */
export async function groundOfSearch(
  prepared: Prepared,
  settings: Settings,
  fixed: Params,
  objective: ObjectiveSpec,
  figures: readonly string[],
): Promise<SearchGround> {
  const facts = await groundOf(prepared, settings)
  const used = facts.used.map((bars, k) => seriesUsed(bars, facts.certificates[k]!))
  const to = Math.max(...used.map((one) => one.to))
  const { file, request, strategy, from, warmups } = facts
  const warmup = Math.max(...warmups)
  const record =
    file === null ? null : recordOf({ file, request, settings, params: fixed, used: facts.used, from, to, warmup })
  const rest = {
    ...{ version: 1 as const, subject: 'strategy' as const },
    engine: VERSION,
    code: file === null ? inlineHash(strategy) : codeHash(file).hash,
    data: Object.fromEntries(used.map(({ series, sha256: hash }) => [series, hash])),
    request: record,
    fixed,
    objective,
    figures,
    inputs: inputsOf({ ...facts, benchmark: { name: '', inputs: null } }, to),
  }
  return { prepared, facts, used, manifest: { ...rest, id: sha256(rest) } }
}
