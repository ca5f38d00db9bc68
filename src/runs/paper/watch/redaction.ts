/** Takes what is secret out of texts, and out of whatever is made of them. */
export type Redact = <T>(value: T) => T

/** Fields whose values are secret, whatever they are. */
const SECRET_FIELD =
  /api[-_]?key|secret|private[-_]?key|signature|listen[-_]?key|token|password|passphrase|authorization|cookie/i

/** Of texts: `signature=…`, `"listenKey":"…"`, as queries, headers and JSON have them. */
const NAMED =
  /\b([\w-]*(?:api[-_]?key|secret(?:[-_]?key)?|private[-_]?key|signature|listen[-_]?key|token|password|passphrase|authorization))(\\?["']?\s*[=:]\s*\\?["']?)((?:bearer|basic)\s+)?[^\s"'\\&,;})]+/gi
/** `https://name:password@host`. */
const PASSWORD = /([a-z][a-z0-9+.-]*:\/\/)[^\s/?#@]+@/gi
/** Keys and listen keys of Binance have 64 letters of both cases and digits; hashes have one case. */
const BARE_KEY = /\b(?=[A-Za-z]*\d)(?=[A-Za-z0-9]*[a-z])(?=[A-Za-z0-9]*[A-Z])[A-Za-z0-9]{40,}\b/g

const HIDDEN = '***'

/** @param hide takes out what is known to be secret, such as the keys of the environment */
export function redactor(hide: (text: string) => string): Redact {
  const text = (value: string) =>
    hide(value).replace(NAMED, `$1$2${HIDDEN}`).replace(PASSWORD, `$1${HIDDEN}@`).replace(BARE_KEY, HIDDEN)
  const redacted = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value)
    if (Array.isArray(value)) return value.map(redacted)
    if (value instanceof Error) return text(value.message)
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value)
    return Object.fromEntries(
      entries.map(([name, one]) => [text(name), SECRET_FIELD.test(name) && one !== null ? HIDDEN : redacted(one)]),
    )
  }
  return <T>(value: T) => redacted(value) as T
}
