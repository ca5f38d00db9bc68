type Environment = Readonly<Record<string, string | undefined>>

/** Variables that klinelab itself reads, whose values are never words that may stand anywhere. */
const OWN_NAME =
  /^(KLINELAB_((BINANCE|DEMO|EXCHANGE)_(KEY|SECRET)|DASHBOARD_KEY)|AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN))$/

/** The key of a simulated exchange on loopback, which everybody knows. */
const NO_SECRET = 'klinelab'

/** What programs that are started here may know and say. */
const ANY_NAME = /(KEY|SECRET|TOKEN|PASSWORD|PASSPHRASE)/i

/** Shorter values are words that may stand anywhere. Passwords and passphrases may be words too: a line that lacks one is the lesser harm. */
const LEAST_CHARACTERS = 6

/** Takes the secrets that klinelab is given out of whatever it prints: venues have been seen to say back what they were sent. */
export function ownSecretsHider(env: Environment): (text: string) => string {
  return hiderOf(
    Object.entries(env).map(([name, value = '']) => (OWN_NAME.test(name) && value !== NO_SECRET ? [value] : [])),
  )
}

/** Takes everything secret in an environment out of a text; passwords within addresses, too. */
export function secretsHider(env: Environment): (text: string) => string {
  return hiderOf(Object.entries(env).map(([name, value = '']) => (ANY_NAME.test(name) ? [value] : passwordsIn(value))))
}

/** Also as they look in a URL, a form and JSON. */
function hiderOf(secrets: readonly (readonly string[])[]): (text: string) => string {
  const written = secrets
    .flat()
    .filter((secret) => secret.length >= LEAST_CHARACTERS)
    .flatMap((secret) => [secret, ...encodedForms(secret), JSON.stringify(secret).slice(1, -1)])
    // the longer first: one may be part of another
    .sort((a, b) => b.length - a.length)
  const found = [...new Set(written)]
  return (text) => found.reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
}

/** Clients differ in what they leave as it is, in how a blank is written and in the case of digits (RFC 3986 takes both). */
function encodedForms(secret: string): readonly string[] {
  const forms = [encodeURIComponent(secret), new URLSearchParams({ '': secret }).toString().slice(1)]
  return forms.flatMap((form) => [form, form.replace(/%[0-9A-F]{2}/g, (one) => one.toLowerCase())])
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
