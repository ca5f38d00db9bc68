import { availableParallelism } from 'node:os'
import { durationOf } from '../core/duration.ts'
import type { SearchMethod } from '../core/search.ts'
import type { SearchAsked, SearchAt, SearchHost } from '../runs/search-asked.ts'
import { SEARCH_DEFAULTS } from '../runs/search-defaults.ts'
import { inWords, slowText } from '../runs/search-progress.ts'
import { UsageError } from '../runs/usage-error.ts'
import { TPE_BATCH } from '../search/tpe.ts'
import type { Args, Flags } from './command.ts'
import { number, oneOf, RUN } from './flags.ts'
import type { Io } from './io.ts'
import { QUEUE, redisOf } from './queue-flags.ts'
import { ratio } from './text.ts'

const { set: _, benchmark: __, band: ___, ...OF_RUNS } = RUN

function duration(text: string): number {
  const ms = durationOf(text)
  if (ms === null || ms === 0) throw new RangeError(`"${text}" is not allowed; write a time such as 30m, 12h or 2d`)
  return ms
}

/** What a search is asked for. */
export const SEARCH: Flags = {
  set: {
    help: 'what to try: a range with a step, a list, a range of any numbers (not of a grid), one value',
    value: 'NAME=10..100:10|NAME=A,B|NAME=V',
    isList: true,
    isRequired: true,
  },
  where: {
    help: 'a condition that all trials hold to, such as "fast < slow" (built in: none)',
    value: 'CONDITION',
    isList: true,
  },
  method: oneOf('how trials are chosen (built in: grid)', 'grid', 'random', 'sobol', 'tpe'),
  trials: number('how many to try; a grid tries all (built in: 100)', 'N', { min: 1, isWhole: true }),
  objective: {
    help: 'figure to be best, or a module that exports a function of a trial (built in: sharpe, of a model logLoss)',
    value: 'FIGURE|FILE',
  },
  goal: oneOf('whether more or less of it is better (built in: what is good of the figure)', 'max', 'min'),
  prune: number(
    `share of the data after which trials below the median of earlier ones there are given up; never the first ${SEARCH_DEFAULTS.batch}, of tpe ${TPE_BATCH} (built in: none is)`,
    'SHARE',
    { above: 0, below: 1 },
  ),
  'search-seed': number('of random, sobol and tpe (built in: 0)', 'N', { min: 0, isWhole: true }),
  workers: number(
    `threads; the result is the same whatever their number (built in: one a core, here ${availableParallelism()})`,
    'N',
    { min: 1, max: 256, isWhole: true },
  ),
  backend: oneOf(
    'where trials are computed: threads here, or klinelab worker anywhere (built in: threads)',
    'threads',
    'bullmq',
  ),
  ...QUEUE,
  resume: { help: 'go on with the same search where it was stopped' },
  'max-time': {
    help: 'refuse a search that would take longer, by its first trials (built in: 24h)',
    value: 'TIME',
    parse: duration,
  },
  ...OF_RUNS,
}

/** Of a sweep: a model of the module in place of its strategy. */
export const SEARCHED_MODEL: Flags = {
  model: {
    help: 'search the settings of this model (built in: the strategy’s parameters, or the module’s only model)',
    value: 'NAME',
  },
  holdout: number('of a model: share of the time, the newest, that no trial sees (built in: 0.25)', 'SHARE', {
    above: 0,
    below: 1,
  }),
}

export interface SearchFlags {
  backend?: 'threads' | 'bullmq'
  redis?: string
  queue?: string
  model?: string
  holdout?: number
  data?: string[]
  from?: number
  to?: number
  set: string[]
  where?: string[]
  method?: SearchMethod
  trials?: number
  objective?: string
  goal?: 'max' | 'min'
  prune?: number
  searchSeed?: number
  workers?: number
  resume?: boolean
  maxTime?: number
  closeAtEnd?: boolean
  allowInSample?: boolean
  showConfig?: boolean
}

/** Flags as a search takes them. */
export function searchAsked({ words, flags }: Args): SearchAsked {
  const given = flags as unknown as SearchFlags
  const { data = [], set, from, to, where, method, trials, objective, goal, prune, searchSeed: seed } = given
  const { closeAtEnd, allowInSample, model, holdout } = given
  const optional = {
    ...{ from, to, where, method, trials, objective, goal, prune, seed, closeAtEnd, allowInSample },
    ...{ model, holdout },
  }
  const said = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined))
  return { strategy: words[0]!, data, set, ...said }
}

/** Who runs it, as the flags say. */
export function searchHost(flags: SearchFlags, io: Io, objective: string): SearchHost {
  const { workers, resume = false, maxTime } = flags
  return {
    ...elsewhere(flags, io),
    ...(workers !== undefined && { workers }),
    resume,
    maxSeconds: maxTime === undefined ? SEARCH_DEFAULTS.maxSeconds : maxTime / 1000,
    onNotice: io.warn,
    onTrials: searchShown(io, objective),
  }
}

/** Where the trials are computed, if not here. */
function elsewhere({ backend = 'threads', redis, queue, workers }: SearchFlags, io: Io): Pick<SearchHost, 'backend'> {
  if (backend === 'threads') {
    const unused = redis === undefined ? (queue === undefined ? null : 'queue') : 'redis'
    if (unused !== null) throw new UsageError(`--${unused} is of --backend bullmq: add that, or leave it out`)
    return {}
  }
  if (workers !== undefined)
    throw new UsageError(`--workers ${workers} is of threads here; with --backend bullmq say it to klinelab worker`)
  const url = redisOf(redis, io)
  return {
    backend: async (manifest) => {
      const { queueBackend } = await import('../search/queue/queue-backend.ts')
      return queueBackend({ redis: url, manifest, say: io.warn, ...(queue !== undefined && { queue }) })
    },
  }
}

/** Says on a terminal how far a search is. */
export function searchShown(io: Io, objective: string): (at: SearchAt) => void {
  return ({ done, total, failed, best, rate, secondsLeft, slow }) => {
    const notes = [
      ...(rate === null ? [] : [`${rate < 10 ? rate.toFixed(1) : Math.round(rate)} a second`]),
      ...(best === null ? [] : [`best ${objective} ${ratio(best.objective)}`]),
      ...(failed > 0 ? [`${failed} failed`] : []),
      ...(secondsLeft === null || done === total ? [] : [`${inWords(secondsLeft)} left`]),
      ...(slow === null ? [] : [slowText(slow)]),
    ]
    io.progress('trials', notes.join(', '))(done, total)
  }
}
