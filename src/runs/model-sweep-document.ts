import type { Params, RecordedModelSearch, SearchRequest, SweepDocument, Trial, TrialOutcome } from '../core/search.ts'
import { timeName } from '../core/time.ts'
import { type TrialEntry, trialId } from '../search/ledger-line.ts'
import { dataHash } from './count-trials.ts'
import type { ModelGround } from './model-manifest.ts'
import { modelSearchRemarks } from './model-search-remarks.ts'
import { VERSION } from './package-info.ts'
import { quoted } from './reproduce.ts'
import { sha256 } from './run-identity.ts'
import { dimensionText, searchWords } from './search-words.ts'
import { searchId, searchResults } from './sweep-document.ts'

/** Everything that a search of a model's settings has come to. */
interface ModelSweepFacts {
  readonly ground: ModelGround
  readonly search: SearchRequest
  readonly trials: readonly Trial[]
  readonly outcomes: readonly TrialOutcome[]
  readonly excluded: number
  readonly heldOut: SweepDocument['heldOut']
}

/** `run.json` of a sweep of a model. */
export function modelSweepDocument({ ground, heldOut, ...facts }: ModelSweepFacts): SweepDocument {
  const { search } = facts
  const { manifest, used, model, allSeries } = ground
  const { chosen: _, best, ...results } = searchResults(facts)
  const record = recordOf(ground, search)
  const paths = search.dimensions.map(({ name }) => name)
  return {
    ...{ run: modelSweepName(ground, search), kind: 'sweep', subject: 'model' },
    ...{ name: model.name, search, fixed: manifest.fixed, data: used },
    range: { ...manifest.range, warmup: 0 },
    engine: { version: VERSION, bars: used.reduce((sum, { rows }) => sum + rows, 0) },
    // it trades nothing
    ...{ costs: { feeMaker: 0, feeTaker: 0, slippageBps: 0, none: false }, quote: '', cash: 0 },
    remarks: modelSearchRemarks(model.definition, search.objective.name, paths),
    ...results,
    best: best && {
      ...best,
      command: ['klinelab', 'train', quoted(record.module), '--model', record.model].join(' '),
      edit: editOf({ ...manifest.fixed, ...best.params }),
    },
    ...{ heldOut, overfitting: null },
    reproduce: {
      command: commandOf(record, allSeries),
      request: record,
      code: manifest.code,
      inputs: { definition: manifest.definition },
      versions: { klinelab: VERSION },
    },
  }
}

/** All that decides the search besides code and data, the same however it was asked for. */
function recordOf({ manifest, used }: ModelGround, search: SearchRequest): RecordedModelSearch {
  const { module, model, range, holdout, fixed, objective } = manifest
  const { dimensions, where, method, trials, seed } = search
  return {
    ...{ module, model, data: used.map(({ series }) => series), ...range, holdout, fixed },
    ...{ set: dimensions.map(dimensionText), where, method, trials: method === 'grid' ? null : trials },
    ...{ objective: objective.name, goal: objective.goal, seed },
  }
}

function commandOf(record: RecordedModelSearch, all: readonly string[]): string {
  const { module, model, data, from, to, fixed } = record
  return [
    ...['klinelab', 'sweep', quoted(module), '--model', model],
    ...(data.length < all.length ? ['--data', ...data] : []),
    ...['--from', timeName(from), '--to', timeName(to)],
    ...Object.entries(fixed).flatMap(([name, value]) => ['--set', quoted(`${name}=${value}`)]),
    ...searchWords(record).map(quoted),
  ].join(' ')
}

/** Lines of a definition, by path. */
function editOf(params: Params): string {
  return Object.entries(params)
    .map(([path, value]) => `${path} = ${JSON.stringify(value)}`)
    .join('\n')
}

/** How the run of a model's search is called. */
export function modelSweepName(ground: ModelGround, search: SearchRequest): string {
  return `${ground.model.name}-sweep-${searchId(ground, search)}`
}

/** Trials of a model as the ledger counts them: they have no daily returns. */
export function modelEntries(
  { manifest, model, used }: ModelGround,
  trials: readonly Trial[],
  outcomes: readonly TrialOutcome[],
  run: string,
): TrialEntry[] {
  const at = Date.now()
  const series = used.map((one) => one.series)
  const settings = sha256([manifest.definition, manifest.holdout])
  return trials.map(({ params }, k) => {
    const { status, objective, returns } = outcomes[k]!
    const identity = {
      ...{ name: model.name, params: { ...manifest.fixed, ...params } },
      ...{ data: dataHash(used), code: manifest.code, settings },
    }
    return {
      ...{ ...identity, id: trialId(identity), at, verb: 'sweep', run, series, ...manifest.range, status },
      ...{ trades: null, totalReturn: null, objective, returns },
    }
  })
}
