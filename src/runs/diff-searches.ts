import type { RecordedSearch, SweepDocument } from '../core/search.ts'
import { type Difference, differingValues, settingsOf } from './diff-runs.ts'
import type { SearchDocument } from './load-run.ts'

/** What two searches of a kind were told and what came of it, where they differ; identities and prose are left out. */
export function diffSearches(a: SearchDocument, b: SearchDocument): Difference[] {
  const [one, other] = [comparedOf(a), comparedOf(b)]
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap((key) =>
    differingValues(key, one[key], other[key]),
  )
}

function comparedOf(document: SearchDocument): Readonly<Record<string, unknown>> {
  const { name, search, fixed, data, range, engine, cash, costs, reproduce, overfitting } = document
  const { request, code, inputs } = reproduce
  return {
    ...{ name, search, fixed, data, range, engine, cash, costs },
    ...(document.kind === 'sweep' ? sweptOf(document) : walkedOf(document)),
    overfitting: overfitting && { ...overfitting, notes: null, verdict: null, crossValidation: null },
    // of a model there is no backtest in it
    settings: isOfBacktests(request) ? settingsOf(request.backtest) : {},
    'reproduce.code': code,
    'reproduce.inputs': inputs,
  }
}

function isOfBacktests(request: unknown): request is RecordedSearch {
  return typeof request === 'object' && request !== null && 'backtest' in request
}

function sweptOf({ trials, best, spread }: SweepDocument): object {
  return { trials, best: best && { params: best.params, objective: best.objective, metrics: best.metrics }, spread }
}

function walkedOf(document: Exclude<SearchDocument, SweepDocument>): object {
  const { plan, windows, metrics, inSample, efficiency, profitable, stability, peer } = document
  return { plan, metrics, inSample, efficiency, profitable, stability, peer, windows }
}
