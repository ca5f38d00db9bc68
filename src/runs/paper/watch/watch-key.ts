import type { IncomingHttpHeaders } from 'node:http'
import { isSameSecret } from '../../../data/serve/same-secret.ts'

/** Variable of the environment that it is taken from: a command line and a log are read by others. */
export const KEY_NAME = 'KLINELAB_DASHBOARD_KEY'
/** Nothing slows down who guesses: shorter ones could be. */
export const LEAST_CHARACTERS = 16

/** What a browser asks for it by; no other page is sent what was typed. */
export const CHALLENGE: Readonly<Record<string, string>> = {
  'www-authenticate': 'Basic realm="klinelab paper", charset="UTF-8"',
}

/**
 * Whether who asks has the key, as the password of HTTP Basic (RFC 7617) beside any name: browsers, curl and Prometheus know it, it
 * stands in no address, and a page's events have it with them as the page has.
 */
export function hasKey({ authorization = '' }: IncomingHttpHeaders, key: string): boolean {
  const [, encoded] = /^basic +([a-z0-9+/]+=*) *$/i.exec(authorization) ?? []
  if (encoded === undefined) return false
  const pair = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  return colon >= 0 && isSameSecret(pair.slice(colon + 1), key)
}
