import { readFileSync } from 'node:fs'
import { recorded } from '../recorded.ts'

interface Route {
  readonly queryString: string
  readonly data: unknown
}

/** A recorded answer, as text: prices are strings in it, so that writing it out again loses no digit. */
export function recordedAnswer(venue: 'binance' | 'kucoin', path: string, query: string): string {
  const { routes } = JSON.parse(readFileSync(recorded(`recorded-http/${venue}/http.json`), 'utf8')) as {
    readonly routes: Readonly<Record<string, { readonly GET: readonly Route[] }>>
  }
  const found = routes[path]?.GET.find(({ queryString }) => queryString === query)
  if (found === undefined) throw new Error(`nothing recorded of ${venue} ${path}?${query}`)
  return JSON.stringify(found.data)
}
