type Environment = Readonly<Record<string, string | undefined>>

/** Names of variables that hold what nobody should read: KLINELAB_BINANCE_SECRET, AWS_SECRET_ACCESS_KEY, … */
const SECRET_NAME = /(KEY|SECRET|TOKEN|PASSWORD|PASSPHRASE)/i

/** Shorter values are words that may stand anywhere. */
const LEAST_CHARACTERS = 6

/** Takes the secrets of an environment out of a text, also as they look in a URL and in JSON. */
export function secretsHider(env: Environment): (text: string) => string {
  const secrets = Object.entries(env).flatMap(([name, value = '']) =>
    SECRET_NAME.test(name) ? [value] : passwordsIn(value),
  )
  const written = secrets
    .filter((secret) => secret.length >= LEAST_CHARACTERS)
    .flatMap((secret) => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])
    // the longer first: one may be part of another
    .sort((a, b) => b.length - a.length)
  const found = [...new Set(written)]
  return (text) => found.reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
}

/** Of a proxy, a Redis, a mirror that wants to know who asks. */
function passwordsIn(value: string): readonly string[] {
  const password = value.includes('://') ? (URL.parse(value)?.password ?? '') : ''
  if (password === '') return []
  try {
    return [password, decodeURIComponent(password)]
  } catch {
    return [password]
  }
}
