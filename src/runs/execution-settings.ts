import type { Execution, SlippageModel } from '../core/execution.ts'
import type { FoundConfig } from './config.ts'
import { UsageError } from './usage-error.ts'

/** What may be said of how orders reach the market and fill there. */
export interface GivenExecution {
  readonly slippageModel?: SlippageModel['model']
  readonly slippageBps?: number
  readonly slippageTicks?: number
  readonly spreadBps?: number
  /** Factor of the square-root law. */
  readonly impact?: number
  /** Largest share of a bar's volume; `null` switches the config's off. */
  readonly participation?: number | null
  /** Milliseconds. */
  readonly latency?: number
  readonly cancelLatency?: number
}

/** Of the impact model: a spread that costs no less than the built-in slippage, and the factor that is found most. */
const IMPACT = { spreadBps: 2, impact: 1 } as const

/** What belongs to each model besides its name. */
const FIGURES = {
  bps: ['slippageBps'],
  ticks: ['slippageTicks'],
  impact: ['spreadBps', 'impact'],
} as const satisfies Record<SlippageModel['model'], readonly (keyof GivenExecution)[]>

const MODELS = Object.keys(FIGURES) as SlippageModel['model'][]

/** What a script's options are called too. */
const FLAGS = 'the flags'

function flagName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

type Origins = Record<string, { readonly value: unknown; readonly from: string }>

/** Flags win over config: the model as one, the rest one by one. A cancel takes as long as an order where nobody says. */
export function executionOf(given: GivenExecution, found: FoundConfig, noCosts: boolean, origins: Origins): Execution {
  const { config, file } = found
  const choose = <T>(name: string, flag: T | undefined, own: T | undefined, builtIn: T): T => {
    const [value, from] =
      flag !== undefined ? [flag, `--${name}`] : own !== undefined ? [own, file!] : [builtIn, 'built in']
    origins[name] = { value: value ?? 'off', from }
    return value
  }
  const flagged = modelOf(given, FLAGS)
  const model = flagged ?? (noCosts ? undefined : modelOf(config, file ?? 'the config')) ?? 'bps'
  if (noCosts && flagged !== undefined)
    throw new UsageError(
      `--no-costs and ${flagName(FIGURES[flagged].find((key) => given[key] !== undefined) ?? 'slippageModel')} exclude one another: say one of them`,
    )
  origins['slippage-model'] = {
    value: model,
    from: flagged !== undefined ? '--slippage-…' : modelOf(config, '') === model ? file! : 'built in',
  }
  const latency = choose('latency', given.latency, config.latency, 0)
  return {
    slippage: slippageOf(model, { ...config, ...said(given) }),
    participation: choose<number | null>('participation', given.participation, config.participation, null),
    latency,
    cancelLatency: choose('cancel-latency', given.cancelLatency, config.cancelLatency, latency),
  }
}

/** The model that one source asks for, by name or by one of its figures; two at once are a contradiction. */
function modelOf(from: GivenExecution, source: string): SlippageModel['model'] | undefined {
  const implied = MODELS.filter((model) => FIGURES[model].some((key) => from[key] !== undefined))
  const [first, second] = [...new Set([...(from.slippageModel ? [from.slippageModel] : []), ...implied])]
  if (first === undefined) return undefined
  if (second !== undefined) {
    const figure = FIGURES[second].find((key) => from[key] !== undefined)!
    const name = source === FLAGS ? flagName(figure) : figure
    throw new UsageError(`${source}: ${name} belongs to slippage by ${second}, not by ${first}; say one of them`)
  }
  return first
}

function slippageOf(model: SlippageModel['model'], from: GivenExecution): SlippageModel {
  if (model === 'ticks') {
    if (from.slippageTicks === undefined)
      throw new UsageError('slippage by ticks needs their number: --slippage-ticks N, or slippageTicks')
    return { model, ticks: from.slippageTicks }
  }
  if (model === 'bps') return { model }
  return { model, spreadBps: from.spreadBps ?? IMPACT.spreadBps, impact: from.impact ?? IMPACT.impact }
}

function said(given: GivenExecution): GivenExecution {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

/** What a reader must know of it to judge the figures, where it is not plain. */
export function executionRemarks({ slippage, participation, latency, cancelLatency }: Execution): string[] {
  const percent = (share: number) => `${Number((share * 100).toPrecision(12))} %`
  return [
    ...(participation === null
      ? []
      : [`Participation: no bar fills more than ${percent(participation)} of its volume; the rest of an order waits.`]),
    ...(slippage.model === 'ticks' ? [`Slippage: ${slippage.ticks} ticks on market and stop fills.`] : []),
    ...(slippage.model === 'impact'
      ? [
          `Slippage: a spread of ${slippage.spreadBps} bps and ${slippage.impact} × σ × √(qty ÷ V) on market and stop fills, σ and V of the 100 bars before.`,
        ]
      : []),
    ...(latency === 0 && cancelLatency === 0
      ? []
      : [
          `Latency: orders take ${latency} ms and cancels ${cancelLatency} ms, each in whole bars of the finest series; what arrives late is judged when it does.`,
        ]),
  ]
}
