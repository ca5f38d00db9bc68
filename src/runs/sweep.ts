import type { Params, SearchRequest, SweepResult } from '../core/search.ts'
import { type ParamValue, resolveParams, type Strategy } from '../engine/index.ts'
import type { TrialBackend } from '../search/backend.ts'
import type { Sampler } from '../search/sampler-contract.ts'
import { parseSpace, type Space } from '../search/space.ts'
import { parseWhere } from '../search/where.ts'
import { counterOf } from './count-trials.ts'
import { loadStrategy } from './load-strategy.ts'
import type { ModelGround } from './model-manifest.ts'
import { type JudgeTrial, loadObjective, objectiveOf } from './objective.ts'
import { prepare } from './prepare.ts'
import { runTrials } from './run-trials.ts'
import { type Scene, sceneOf, shareColumns } from './scene.ts'
import type { SearchAsked, SearchHost } from './search-asked.ts'
import { SEARCH_DEFAULTS } from './search-defaults.ts'
import { SearchJournal } from './search-journal.ts'
import { groundOfSearch, type SearchGround } from './search-manifest.ts'
import { checkMemory, checkThreads, columnBudget } from './search-memory.ts'
import { requestOf } from './search-request.ts'
import { cornersOf } from './search-space.ts'
import type { Settings } from './settings.ts'
import { IndicatorPlan, roomOf } from './shared-indicators.ts'
import { searchId, searchRunName, sweepDocument } from './sweep-document.ts'
import { trialEntries } from './trial-entries.ts'
import { TrialThreads } from './trial-threads.ts'
import { TrialsHere } from './trials-here.ts'
import { UsageError, usage } from './usage-error.ts'
import { workersOf } from './workers-of.ts'

/** Figures that each outcome has, besides the objective. */
const FIGURES = [
  'totalReturn', 'cagr', 'volatility', 'sharpe', 'sortino', 'calmar', 'maxDrawdown', 'trades', 'winRate', 'profitFactor', 'fees',
] as const // biome-ignore format: a list

/** A search with everything that it needs, ready to be run. */
export interface PlannedSearch {
  readonly ground: SearchGround
  readonly search: SearchRequest
  /** One for each study that is run. */
  readonly sampler: () => Sampler
  readonly scene: Scene
  /** Of an objective of one's own. */
  readonly objectiveFile: string | null
  /** `null`: a figure. */
  readonly judge: JudgeTrial | null
  /** What will run the trials, still without a word of them; `null` where that is not for threads of this process. */
  readonly threads: TrialThreads | null
}

/** A sweep of a strategy, or of a model, computed and not yet written. */
export interface Sweep {
  readonly result: SweepResult
  readonly ground: SearchGround | ModelGround
  readonly journal: SearchJournal
  readonly seconds: number
}

/**
 * Tries parameters of a strategy on stored bars: one engine run a trial, all on the same columns. Computed and not yet written.
 * @throws UsageError for what cannot be asked, DataError for what is not stored, or too many failed trials, Interrupted
 */
export async function sweep(asked: SearchAsked, settings: Settings, host: SearchHost = {}): Promise<Sweep> {
  const planned = await planSearch(asked, settings, host)
  const { ground, search, sampler } = planned
  const run = searchRunName(ground, search, null, [])
  const journal = new SearchJournal(
    journalIn(settings, host, ground),
    searchId(ground, search),
    counterOf(host.counting, (trials, outcomes) => trialEntries(ground, trials, outcomes, 'sweep', run)),
  )
  let backend: TrialBackend | null = planned.threads
  try {
    const study = { sampler: sampler() }
    checkMemory(planned.scene, study.sampler.total, host.workers)
    const start = performance.now()
    backend = await backendOf(planned, host, { trials: study.sampler.total })
    const [{ trials, outcomes } = { trials: [], outcomes: [] }] = await runTrials([study], {
      ...{ goal: search.objective.goal, prune: search.prune, batch: search.batch, backend, journal, host },
      isRepeated: host.backend === undefined,
    })
    const document = sweepDocument({ ground, search, trials, outcomes, excluded: study.sampler.excluded })
    return { result: { document, trials, outcomes }, ground, journal, seconds: (performance.now() - start) / 1000 }
  } catch (error) {
    throw journal.releasedAfter(error)
  } finally {
    await backend?.close()
  }
}

/**
 * Where a search keeps what it has done; nowhere where nothing is to be written, or nobody could tell whether another search is
 * of the same: what functions close over cannot be seen.
 */
export function journalIn({ out }: Settings, { write = true }: SearchHost, { manifest }: SearchGround): string | null {
  return write && manifest.request !== null && manifest.objective.inline === undefined ? out : null
}

/** Reads what is asked for, loads what it needs, and checks that it goes together. */
export async function planSearch(asked: SearchAsked, settings: Settings, host: SearchHost): Promise<PlannedSearch> {
  const { set, where = [] } = asked
  const { strategy, file } =
    typeof asked.strategy === 'string' ? await loadStrategy(asked.strategy) : { strategy: asked.strategy, file: null }
  const space = usage(() => parseSpace(set, strategy.params))
  const { dimensions } = space
  const fixed = fixedOf(strategy, space)
  const constraint = usage(() => parseWhere(where, dimensions, fixed))
  const {
    spec,
    file: objectiveFile,
    judge,
  } = await objectiveOf(asked.objective ?? SEARCH_DEFAULTS.objective, asked.goal, 'strategy', file)
  const { search, sampler } = requestOf(asked, dimensions, constraint, spec)
  const { data, from, to, closeAtEnd, allowInSample } = asked
  const request = {
    ...{ strategy: asked.strategy, data, set: fixed },
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(closeAtEnd !== undefined && { closeAtEnd }),
    ...(allowInSample !== undefined && { allowInSample }),
  }
  const isHere = host.backend === undefined && file !== null && spec.inline === undefined
  if (isHere) checkThreads(search.trials, workersOf(host))
  // they load their code while bars are read
  const threads = isHere ? new TrialThreads(workersOf(host)) : null
  try {
    const prepared = await prepare(request, settings, host, (own) => {
      const corners = cornersOf(own, dimensions, fixed)
      return corners.length > 0 ? corners : [resolveParams(own, fixed)]
    })
    const ground = await groundOfSearch({ ...prepared, file }, settings, fixed, spec, FIGURES)
    const scene = sceneOf(prepared, settings.riskFree)
    return { ground, search, sampler, objectiveFile, judge, scene, threads }
  } catch (error) {
    await threads?.close()
    throw error
  }
}

/** All parameters that are not searched, at their defaults or as given. */
function fixedOf(strategy: Strategy, { dimensions, fixed }: Space): Params {
  const all: Readonly<Record<string, ParamValue>> = usage(() => resolveParams(strategy, fixed))
  return Object.fromEntries(Object.entries(all).filter(([name]) => !dimensions.some((one) => one.name === name)))
}

/**
 * What computes the trials: another machine's, threads of this process, or, of what no file has, this thread.
 * @param more `trials`: of so many this process keeps what they come to; `patience`: as `TrialThreads`
 */
export async function backendOf(
  planned: Pick<PlannedSearch, 'ground' | 'scene' | 'objectiveFile'> &
    Partial<Pick<PlannedSearch, 'judge' | 'threads'>>,
  host: SearchHost,
  { trials = 0, patience }: { readonly trials?: number; readonly patience?: number } = {},
): Promise<TrialBackend> {
  const { ground, scene, objectiveFile } = planned
  const { manifest, facts } = ground
  const { strategy, file } = facts
  const { name, goal, inline } = manifest.objective
  const isInline = inline !== undefined
  if (host.backend !== undefined) {
    if (file === null || isInline)
      throw new UsageError('a strategy or an objective that was handed over by a script can only be run in its process')
    return host.backend(manifest)
  }
  if (file === null || isInline) {
    const loaded = objectiveFile === null ? null : (await loadObjective(objectiveFile, manifest.objective.name)).judge
    const own = planned.judge ?? loaded
    return new TrialsHere(strategy, manifest.fixed, scene, { name, goal, own, figures: manifest.figures })
  }
  const shared = shareColumns(scene)
  const subject = {
    ...{ kind: 'strategy' as const, strategy: file, fixed: manifest.fixed, scene: shared, figures: manifest.figures },
    objective: { name, goal, file: objectiveFile },
  }
  const columns = shared.slots.map(({ bars }) => bars)
  const plan = new IndicatorPlan(columns, columnBudget(scene, workersOf(host), trials))
  const threads = planned.threads ?? new TrialThreads(workersOf(host), patience)
  return threads.brief(subject, roomOf(strategy, manifest.fixed, plan))
}
