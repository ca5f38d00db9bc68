import { DataError } from '../data-error.ts'
import { withoutSecrets } from './credentials.ts'
import type { StoreUrl } from './store-url.ts'

/** What errors of a bucket say of the way to it. */
export interface Way {
  readonly url: StoreUrl
  readonly endpoint: string
  /** The variable that chooses another one. */
  readonly variable: string
  readonly credentials: { readonly from: string; readonly secrets: readonly string[] }
}

/** What is known of a failure, whichever client it comes from. */
interface Failure {
  readonly name?: unknown
  readonly code?: unknown
  readonly message?: unknown
  readonly cause?: unknown
  readonly $metadata?: { readonly httpStatusCode?: number }
}

const UNREACHABLE =
  /ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EPIPE|CERT|SSL|TLS|TimeoutError|timed? ?out|socket hang up|aborted/i

/** Some servers answer with another status than 401 or 403. */
const CREDENTIALS = /AccessKey|UserNotFound|Signature|InvalidToken|ExpiredToken/

/** The HTTP status of a failure, where there was an answer. */
export function statusOf(error: unknown): number | null {
  const { $metadata, code } = error as Failure
  return $metadata?.httpStatusCode ?? (typeof code === 'number' ? code : null)
}

/**
 * The error of a client as one clear paragraph. The client's own object, which may hold the headers that were sent, is left
 * behind.
 */
export function bucketError(way: Way, doing: string, error: unknown): DataError {
  const { name, code, message } = error as Failure
  const status = statusOf(error)
  const words = [typeof code === 'string' ? code : name, innermost(error)].filter((word) => word && word !== 'Error')
  const said = oneLine(words.join(', ') || String(message))
  const { url, endpoint, variable, credentials } = way
  const who = credentials.secrets.length === 0 ? 'without credentials' : `with the credentials of ${credentials.from}`
  const advice =
    status === 401 || status === 403 || CREDENTIALS.test(String(name))
      ? `it was asked ${who}; check that they are right and may do this`
      : status === 404
        ? `check that the bucket "${url.bucket}" is there, or name another store with --store`
        : status === null && UNREACHABLE.test(`${name} ${code} ${said}`)
          ? `it cannot be reached; check the network and ${variable}`
          : 'try again later'
  const text = `${url.text}: ${doing} failed at ${endpoint.replace(/\/\/[^/@]*@/, '//***@')}: ${status === null ? '' : `HTTP ${status}, `}${said}; ${advice}`
  return new DataError(withoutSecrets(text, credentials.secrets))
}

/** The message at the bottom of a chain of causes says what happened. */
function innermost(error: unknown): string {
  let at = error as Failure
  for (let depth = 0; depth < 5 && at.cause instanceof Error; depth++) at = at.cause as Failure
  if (at instanceof AggregateError) return oneLine(String((at.errors[0] as Error).message))
  return oneLine(String(at.message ?? ''))
}

function oneLine(text: string): string {
  return text
    .replace(/^Multiple errors occurred.*?details\./, '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 300)
}
