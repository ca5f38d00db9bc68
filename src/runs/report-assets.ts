import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export interface ReportAssets {
  readonly vega: string
  readonly vegaLite: string
  readonly vegaEmbed: string
}

/** The chart libraries' browser bundles, read from where npm put them; they are inlined, so a report needs no network. */
export function reportAssets(): ReportAssets {
  const { resolve } = createRequire(import.meta.url)
  const bundle = (name: string) => readFileSync(join(dirname(resolve(name)), `${name}.min.js`), 'utf8')
  return { vega: bundle('vega'), vegaLite: bundle('vega-lite'), vegaEmbed: bundle('vega-embed') }
}
