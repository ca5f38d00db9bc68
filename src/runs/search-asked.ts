import type { Params, SearchMethod } from '../core/search.ts'
import type { Strategy } from '../engine/index.ts'
import type { TrialBackend } from '../search/backend.ts'
import type { Counting } from './count-trials.ts'
import type { ObjectiveFunction } from './objective.ts'
import type { SearchManifest } from './search-manifest.ts'
import type { TrainingHost } from './train-run.ts'

/** What a search is asked for, apart from settings that have defaults. */
export interface SearchAsked {
  /** Path of a module with a strategy or models, or the strategy itself. */
  readonly strategy: string | Strategy
  /** Of its models the one whose settings are searched; not needed where a module has one model and no strategy. */
  readonly model?: string
  /** Of a model: share of the time, the newest, that no trial sees. Built in: 0.25. */
  readonly holdout?: number
  /** Series, written `venue:SYMBOL:interval`. */
  readonly data: readonly string[]
  /** UTC ms; the whole stored range where absent. */
  readonly from?: number
  readonly to?: number
  /** Ranges, lists and single values: `fast=10..100:10`, `kind=ema,sma`, `qty=0.1`. */
  readonly set: readonly string[]
  /** Conditions that all must hold: `fast < slow`. */
  readonly where?: readonly string[]
  /** Built in: `grid`. */
  readonly method?: SearchMethod
  /** How many to try; of a grid all. Built in: 100. */
  readonly trials?: number
  /** Key of a figure, path of a module whose default export judges a trial, or that function. Built in: `sharpe`, of a model `logLoss`. */
  readonly objective?: string | ObjectiveFunction
  /** Built in: what is good of that figure; of a function `max`. */
  readonly goal?: 'max' | 'min'
  /** Built in: 0. */
  readonly seed?: number
  /** Share of the data after which trials below the median of earlier ones are given up. Built in: none are. */
  readonly prune?: number
  readonly closeAtEnd?: boolean
  readonly allowInSample?: boolean
}

/** How far a search is. */
export interface SearchAt {
  readonly done: number
  readonly total: number
  readonly failed: number
  /** Of those that are done. */
  readonly best: { readonly trial: number; readonly objective: number } | null
  /** Trials a second, and seconds until the end at this rate; `null` before anything can be said. */
  readonly rate: number | null
  readonly secondsLeft: number | null
  /** A trial that has run for far longer than the others have: it may never end. */
  readonly slow: { readonly trial: number; readonly params: Params; readonly seconds: number } | null
}

/** Who runs a search: what decides how it is computed and never what comes of it. */
export interface SearchHost extends TrainingHost {
  /** Threads. Built in: one a core. */
  readonly workers?: number
  /** Goes on with a search of the same that was stopped; else what that one has done is thrown away. */
  readonly resume?: boolean
  /** Most seconds that it may take by the forecast. */
  readonly maxSeconds?: number
  readonly signal?: AbortSignal
  readonly onTrials?: (at: SearchAt) => void
  /** Trials are counted as they are done, whatever becomes of the search. */
  readonly counting?: Counting
  /** Computes the trials elsewhere. */
  readonly backend?: (manifest: SearchManifest) => Promise<TrialBackend>
}
