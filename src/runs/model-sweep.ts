import type { HeldOut, Params, SearchRequest, TimeRange } from '../core/search.ts'
import { resolveParams } from '../engine/index.ts'
import type { ModelDefinition } from '../models/define-model.ts'
import { searchable, varied } from '../models/vary-definition.ts'
import { featureNames } from '../preprocess/features.ts'
import type { TrialBackend } from '../search/backend.ts'
import type { Sampler } from '../search/sampler-contract.ts'
import { parseSpace, type Space } from '../search/space.ts'
import { parseWhere, type Where } from '../search/where.ts'
import { counterOf } from './count-trials.ts'
import { Interrupted } from './interrupted.ts'
import { groundOfModel, loadSearched, type ModelGround } from './model-manifest.ts'
import { modelEntries, modelSweepDocument, modelSweepName } from './model-sweep-document.ts'
import { type ModelTrials, modelTrials } from './model-trial.ts'
import { objectiveOf } from './objective.ts'
import { runTrials } from './run-trials.ts'
import { shareColumns } from './scene.ts'
import type { SearchAsked, SearchHost } from './search-asked.ts'
import { SEARCH_DEFAULTS } from './search-defaults.ts'
import { SearchJournal } from './search-journal.ts'
import { checkModelMemory } from './search-memory.ts'
import { requestOf } from './search-request.ts'
import type { Settings } from './settings.ts'
import type { Sweep } from './sweep.ts'
import { searchId, searchResults } from './sweep-document.ts'
import { breathing } from './train.ts'
import { TrialThreads } from './trial-threads.ts'
import { UsageError, usage } from './usage-error.ts'
import { workersOf } from './workers-of.ts'

/** A search of a model's settings with everything that it needs, ready to be run. */
interface PlannedModelSearch {
  readonly ground: ModelGround
  readonly search: SearchRequest
  readonly sampler: Sampler
  readonly trials: ModelTrials
}

/** Of runs of a strategy; what a model has none of, as flags name it. */
const OF_STRATEGIES: Readonly<Record<string, string>> = {
  ...{ prune: 'is judged on all its folds or not at all', closeAtEnd: 'holds nothing', cash: 'trades nothing' },
  ...{ allowInSample: 'is judged on bars only that it has not learnt from', warmup: 'begins with its first whole row' },
  ...{ riskFree: 'has no returns', risk: 'trades nothing', detail: 'has no fills', limitTouch: 'has no orders' },
  ...{ feeTier: '', feeDiscount: '', feeMaker: '', feeTaker: '', feeAsset: '', noCosts: '', funding: '' },
  ...{ slippageBps: '', slippageTicks: '', slippageModel: '', spreadBps: '', impact: '', participation: '' },
  ...{ latency: '', cancelLatency: '', leverage: '', margin: '' },
}

/**
 * Refuses what can mean nothing in a search of a model's settings.
 * @param given by names of options: `feeTaker`
 * @throws UsageError that names it as the flag that it is
 */
export function refuseForModels(given: Readonly<Record<string, unknown>>): void {
  const name = Object.keys(OF_STRATEGIES).find((key) => given[key] !== undefined)
  if (name === undefined) return
  const flag = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  const why = OF_STRATEGIES[name] || 'trades nothing and pays nothing'
  throw new UsageError(`--${flag} is of strategies: a model that is searched ${why}; leave it out`)
}

/**
 * Tries settings of a model: each trial is fitted and judged on the definition's own purged folds, laid on all but the newest
 * bars. When all are done the best is judged on those, once.
 * @throws UsageError for what cannot be asked, DataError for what is not stored, or too many failed trials, Interrupted
 */
export async function modelSweep(asked: SearchAsked, settings: Settings, host: SearchHost = {}): Promise<Sweep> {
  const { ground, search, sampler, trials: made } = await planModelSearch(asked, settings)
  const { manifest, model, bars } = ground
  const { features, also } = model.definition
  checkModelMemory(bars, featureNames(features(), also()).length, sampler.total, host.workers)
  const { write = true, signal } = host
  const run = modelSweepName(ground, search)
  const count = counterOf(host.counting, (tried, outcomes) => modelEntries(ground, tried, outcomes, run))
  const journal = new SearchJournal(write ? settings.out : null, searchId(ground, search), count)
  const start = performance.now()
  const backend = await (host.backend === undefined ? modelBackend(ground, host) : host.backend(manifest))
  const { goal } = search.objective
  let ran: Awaited<ReturnType<typeof runTrials>>
  try {
    const options = { goal, prune: null, batch: search.batch, backend, journal, host, isRepeated: false }
    ran = await runTrials([{ sampler }], options)
  } finally {
    await backend.close()
  }
  const [{ trials, outcomes } = { trials: [], outcomes: [] }] = ran
  const facts = { search, trials, outcomes, excluded: sampler.excluded }
  const { best } = searchResults(facts)
  try {
    const heldOut = best && { ...made.heldOut, ...(await judged(made, { ...manifest.fixed, ...best.params }, signal)) }
    const document = modelSweepDocument({ ...facts, ground, heldOut })
    return { result: { document, trials, outcomes }, ground, journal, seconds: (performance.now() - start) / 1000 }
  } catch (error) {
    throw journal.releasedAfter(error)
  }
}

/** The best on what was held out. What is done of the search is kept where it is stopped here. */
async function judged(made: ModelTrials, params: Params, signal: AbortSignal | undefined): Promise<HeldOut> {
  const letIn = breathing()
  const stopped = () => {
    if (signal?.aborted) throw new Interrupted('stopped when all trials were done; --resume goes on from there')
  }
  const breathe = async () => {
    await letIn()
    stopped()
  }
  const heldOut = await made.judgeHeldOut(params, { breathe })
  stopped()
  return heldOut
}

/** Reads what is asked for, loads what it needs, and checks that it goes together. */
async function planModelSearch(asked: SearchAsked, settings: Settings): Promise<PlannedModelSearch> {
  const { strategy: module, model, data, from, to, prune, closeAtEnd, allowInSample } = asked
  const { holdout = SEARCH_DEFAULTS.holdout } = asked
  if (typeof module !== 'string') throw new UsageError('a model is searched by the path of its module')
  refuseForModels({ prune, closeAtEnd, allowInSample })
  const { spec } = await objectiveOf(asked.objective ?? SEARCH_DEFAULTS.modelObjective, asked.goal, 'model')
  const range: Partial<TimeRange> = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
  const loaded = await loadSearched({ module, model, data, range }, settings.store)
  const { definition } = loaded.model
  const { dimensions, fixed, constraint } = spaceOf(definition, asked)
  const { search, sampler } = requestOf(asked, dimensions, constraint, spec)
  const ground = groundOfModel(loaded, { fixed, objective: spec, holdout })
  const made = modelTrials({ model: loaded.model, bars: loaded.bars, objective: spec.name, holdout })
  return { ground, search, sampler: sampler(), trials: made }
}

/** What `--set` and `--where` say of a definition's settings. */
function spaceOf(definition: ModelDefinition, asked: SearchAsked): Space & { readonly constraint: Where | null } {
  const specs = searchable(definition)
  const { set, where = [] } = asked
  for (const setting of set) {
    const path = setting.split('=', 1)[0]!.trim()
    // the definition says why a path that it has cannot be searched
    if (path !== '' && !Object.hasOwn(specs, path)) usage(() => varied(definition, { [path]: 0 }))
  }
  const { dimensions, fixed } = usage(() => parseSpace(set, specs))
  usage(() => varied(definition, fixed))
  const others = resolveParams({ name: 'model', params: specs }, fixed)
  return { dimensions, fixed, constraint: usage(() => parseWhere(where, dimensions, others)) }
}

/** What computes a model's trials in this process. @param patience as `TrialThreads` */
export function modelBackend(
  { file, model, bars, manifest }: ModelGround,
  host: Pick<SearchHost, 'workers'>,
  patience?: number,
): TrialBackend {
  const { fixed, holdout, objective } = manifest
  return new TrialThreads(workersOf(host), patience).brief({
    ...{ kind: 'model', module: file, model: model.name, fixed, holdout },
    ...{ bars: shareColumns(bars), objective: objective.name },
  })
}
