import type { ParamValue, Strategy } from '../../engine/index.ts'
import { codeHash } from '../code-hash.ts'
import { sha256 } from '../run-identity.ts'
import type { Settings } from '../settings.ts'
import type { LiveSlotOptions } from './live-slot.ts'
import type { ReplaySlot } from './replay-feed.ts'
import type { SafetyRules } from './safety.ts'
import type { SessionFile, WarmSlot } from './session-file.ts'

/** What a session is asked for. */
export interface PaperRequest {
  /** Path of a strategy module. */
  readonly strategy: string
  readonly data: readonly string[]
  readonly set?: Readonly<Record<string, ParamValue>>
  /** Stored bars instead of live ones; open times, UTC ms. */
  readonly replay: { readonly from?: number; readonly to?: number } | null
  readonly safety: SafetyRules
  /** Where orders go, in words. */
  readonly broker: string
  readonly fills: 'bars' | 'told'
}

/** A session that is ready to begin: what its file says, the bars before its first, and those to come of a replay. */
export interface PreparedSession {
  readonly strategy: Strategy
  readonly facts: Omit<SessionFile, 'version' | 'session' | 'name' | 'created' | 'klinelab' | 'asked'>
  readonly warm: readonly WarmSlot[]
  readonly replay: readonly ReplaySlot[] | null
  /** What cannot be written down, slot by slot: models, and the minutes of a replay. */
  readonly beside: readonly Pick<LiveSlotOptions, 'models' | 'minutes'>[]
}

/** What the request and the settings alone decide. */
export function factsOf(
  asked: PaperRequest,
  settings: Settings,
  loaded: {
    readonly strategy: Strategy
    readonly file: string
    readonly params: Readonly<Record<string, ParamValue>>
    readonly from: number
  },
) {
  const { cash, limitTouch, execution, risk } = settings
  const { strategy, file, params, from } = loaded
  return {
    strategy: { name: strategy.name, file, code: codeHash(file).hash },
    ...{ params, from, cash, limitTouch, execution, risk },
    ...{ safety: asked.safety, broker: asked.broker, fills: asked.fills },
  }
}

/** What two commands have in common that ask for the same session, by name; a live one goes on from wherever it stands. */
export function saidOf(
  asked: PaperRequest,
  settings: Settings,
  read: {
    readonly strategy: Strategy
    readonly file: string
    readonly params: object
    readonly data: readonly string[]
  },
): Readonly<Record<string, unknown>> {
  const venues = [...new Set(read.data.map((name) => name.split(':')[0]!))]
  const { cash, warmup, limitTouch, execution, risk, feeAsset, noCosts, margin, funding } = settings
  return {
    strategy: read.strategy.name,
    code: codeHash(read.file).hash,
    params: read.params,
    data: read.data,
    bars: asked.replay ?? 'live',
    broker: asked.broker,
    safety: asked.safety,
    settings: { cash, warmup, limitTouch, execution, risk },
    costs: { feeAsset, noCosts, venues: venues.map((venue) => settings.costsOf(venue as never)) },
    margin: { margin, funding, leverage: read.data.map((name) => settings.leverageOf(name.split(':')[1]!)) },
  }
}

/** That in short. */
export function identityOf(said: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(said).map(([name, value]) => [name, sha256(value)]))
}
