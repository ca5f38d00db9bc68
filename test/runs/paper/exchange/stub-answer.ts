export interface StubAnswer {
  readonly status: number
  readonly body: unknown
  readonly headers?: Record<string, string>
}

/** What a fault does with one request. */
export type Fault = (request: {
  readonly params: URLSearchParams
  /** Does what was asked for and gives the true reply. */
  readonly carryOut: () => StubAnswer
  readonly reset: () => void
  /** Resolves when whoever asked has given up. */
  readonly givenUp: Promise<unknown>
}) => Promise<StubAnswer | undefined> | StubAnswer | undefined

export function done(body: unknown): StubAnswer {
  return { status: 200, body }
}

/** As Binance says no. */
export function said(code: number, msg = 'no', status = 400): StubAnswer {
  return { status, body: { code, msg } }
}

/** Spot's paths under the names that USDS-M has for the same: faults and counts of both markets are named alike. */
export function plainName(what: string): string {
  return what
    .replace('/api/v3/', '/fapi/v1/')
    .replace('/myTrades', '/userTrades')
    .replace('/userDataStream', '/listenKey')
}
