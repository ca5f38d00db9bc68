import { dirname } from 'node:path'
import { parseSeries, type Series } from '../core/series.ts'
import { parseTime } from '../core/time.ts'
import { getSeries } from '../data/collect/get.ts'
import type { GetOptions } from '../data/collect/get-options.ts'
import type { Wait } from '../data/http/venue-error.ts'
import { openVenueHttp } from '../data/http/venue-http.ts'
import { openStore } from '../data/index.ts'
import { LOOKBACK } from '../data/scan/as-of.ts'
import { parseMix } from '../data/scan/rank.ts'
import { scanTickers } from '../data/scan/scan.ts'
import { venueApi } from '../data/venues/all-venues.ts'
import { runChild } from './child-step.ts'
import { pausesFile } from './connect-settings.ts'
import { originsFor } from './origins-for.ts'
import type { Settings } from './settings.ts'
import { gotText } from './sync-got.ts'
import type { StepHost, StepResult, SyncSteps } from './sync-steps.ts'

export interface ProjectPlace {
  readonly settings: Pick<Settings, 'store' | 'out' | 'ledger'>
  /** File of the config: paths of jobs are relative to its folder. */
  readonly config: string
  /** How this command line is started: Node and a script. */
  readonly klinelab: readonly [string, string]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Who asks for what only customers are told, such as leverage tiers. */
  readonly key?: GetOptions['key']
  /** Wall clock, UTC ms. */
  readonly now: () => number
}

/** Where a scan that gets bars begins unless it is told. */
const YEAR = 365 * 86_400_000

/** What jobs do in a project. */
export function projectSteps(place: ProjectPlace): SyncSteps {
  const { settings, config, klinelab, env, now } = place
  const cwd = dirname(config)
  const { store: dir, out, ledger } = settings
  const learn = (verb: 'train' | 'retrain', module: string, host: StepHost) => {
    const places = ['--store', dir, '--out', out, '--ledger', ledger, '--config', config]
    // asked by SIGINT a training keeps what it has reached
    return runChild({ name: module, argv: [...klinelab, verb, module, ...places], cwd, env, stopBy: 'SIGINT' }, host)
  }
  return {
    get: (names, from, host) => got(place, names.map(parseSeries), parseTime(from), host),
    update: async (host) => {
      const store = await openStore(dir)
      const damaged: string[] = []
      const list = await store.list(({ message }, name) => {
        damaged.push(name)
        host.log(message)
      })
      const stored = list.map(({ series }) => parseSeries(series))
      const known = stored.filter(({ venue, interval }) => venueApi(venue).bars.intervals.includes(interval))
      const done: StepResult =
        known.length === 0 ? { text: 'nothing is stored yet' } : await got(place, known, undefined, host)
      if (damaged.length > 0 && done.isStopped !== true)
        throw new Error(`${done.text}; NOT up to date, being damaged: ${damaged.join(', ')}`)
      return done
    },
    scan: async (asked, host) => {
      const { venue, get: interval, by, from, exclude = [], top, quote, minVolume } = asked
      const origin = originsFor(env, { rest: [venue] }).rest?.[venue]
      const deadline = now() + host.patience
      const http = openVenueHttp(venueApi(venue), {
        ...{ signal: host.signal, patience: host.patience, onWait: waitLogger(host), pauses: pausesFile(env) },
        ...(origin !== undefined && { origin }),
      })
      const wanted = {
        ...{ venue, top, exclude, mix: by === undefined ? { volume: 1 } : parseMix(by) },
        ...{ interval: interval ?? ('1d' as const), lookback: LOOKBACK },
        ...(quote !== undefined && { quote: quote.toUpperCase() }),
        ...(minVolume !== undefined && { minVolume }),
      }
      const { markets, ranked } = await scanTickers(wanted, http, await openStore(dir))
      if (markets.length === 0) throw new Error(`no market of ${venue} is left to rank; ask for fewer exclusions`)
      const text = `${markets.map(({ symbol }) => symbol).join(', ')} of ${ranked} ranked`
      if (interval === undefined || host.signal.aborted) return { text, isStopped: interval !== undefined }
      host.log(text)
      const series = markets.map(({ symbol }): Series => ({ venue, symbol, interval }))
      const left = { ...host, patience: deadline - now() }
      const { text: bars, ...end } = await got(place, series, from === undefined ? now() - YEAR : parseTime(from), left)
      return { text: `${text}; ${bars}`, ...end }
    },
    train: (module, host) => learn('train', module, host),
    retrain: (module, host) => learn('retrain', module, host),
    run: (argv, host) => runChild({ name: argv.join(' '), argv, cwd, env, stopBy: 'SIGTERM' }, host),
  }
}

/** @throws Error with what could not be had; the rest is stored all the same */
async function got(
  { settings, env, key = null }: ProjectPlace,
  series: readonly Series[],
  from: number | undefined,
  host: StepHost,
): Promise<StepResult> {
  const { signal, patience } = host
  const options = {
    ...{
      origins: originsFor(env, { rest: series.map(({ venue }) => venue) }),
      key,
      signal,
      patience,
      pauses: pausesFile(env),
    },
    ...{ onWait: waitLogger(host), isUpdate: true },
  }
  const range = from === undefined ? {} : { from }
  const result = await getSeries(await openStore(settings.store), series, range, options)
  for (const { series: name, archive } of result.series)
    if (archive.error !== null)
      host.log(`${name}: the archive failed, and the venue was asked instead: ${archive.error}`)
  const tiers = result.rules.flatMap(({ markets }) => markets.map(({ tiersError }) => tiersError))
  const errors = [...[...result.series, ...result.rules].map(({ error }) => error), ...tiers]
  const failed = errors.filter((error) => error !== null)
  const text = gotText(result)
  if (result.isStopped) return { text, isStopped: true }
  // one reason for many series is said once
  if (failed.length > 0) throw new Error([text, ...new Set(failed)].join('\n  '))
  return { text }
}

function waitLogger({ log }: StepHost): (wait: Wait) => void {
  return ({ venue, why, for: ms }) => log(`waiting ${Math.ceil(ms / 1000)} s for ${venue}: ${why}`)
}
