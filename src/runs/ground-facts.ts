import { type Bars, firstRowAt, sliceBars } from '../core/bar.ts'
import { certifyBars } from '../data/certificate.ts'
import type { Store } from '../data/store.ts'
import type { Prepared } from './prepare.ts'
import type { GroundFacts } from './run-facts.ts'
import type { Settings } from './settings.ts'

/** What is known of a run that has been prepared. */
export async function groundOf(prepared: Prepared, settings: Settings): Promise<GroundFacts> {
  const { strategy, file, params, request, store, loaded, perpetuals, details, models, options, defaultWarmup } =
    prepared
  const { from } = options
  const warmups = loaded.map(({ bars }) => firstRowAt(bars.openTime, from))
  const used = loaded.map(({ bars }, k) => sliceBars(bars, warmups[k]!, bars.length))
  return {
    ...{ strategy, file, params, request, settings, from, used, warmups, defaultWarmup, perpetuals, details },
    instruments: loaded,
    averages: loaded.map(({ average }) => average?.sha256 ?? null),
    certificates: await Promise.all(used.map((bars) => certificateOf(store, bars))),
    models: { used: models?.used ?? [], inSample: request.allowInSample ?? false },
  }
}

async function certificateOf(store: Store, bars: Bars) {
  const manifest = await store.manifest(bars.series)
  return certifyBars(bars, manifest?.outages ?? [], manifest ?? {})
}
