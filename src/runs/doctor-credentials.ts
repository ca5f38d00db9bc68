import { gcsCredentials, s3Credentials } from '../data/remote/credentials.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Variables that say who we are, or name a file that does. */
const CREDENTIALS = [
  'KLINELAB_BINANCE_KEY', 'KLINELAB_BINANCE_SECRET', 'KLINELAB_REDIS', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN', 'AWS_SHARED_CREDENTIALS_FILE', 'GOOGLE_APPLICATION_CREDENTIALS',
] as const // biome-ignore format: a list

/** Which of them are set, never to what; and what is wrong with those that are, files that others can read among it. */
export function credentialsSet(env: Environment): {
  readonly credentials: Readonly<Record<string, 'set' | 'missing'>>
  readonly problems: readonly string[]
} {
  const problems = [s3Credentials, gcsCredentials].flatMap((read) => {
    try {
      read(env)
      return []
    } catch (error) {
      return [(error as Error).message]
    }
  })
  const halves = ['KLINELAB_BINANCE_KEY', 'KLINELAB_BINANCE_SECRET'].filter((name) => !isSet(env[name]))
  if (halves.length === 1) problems.push(`${halves[0]} is missing and the other half of it is there: set both, or none`)
  return {
    credentials: Object.fromEntries(CREDENTIALS.map((name) => [name, isSet(env[name]) ? 'set' : 'missing'])),
    problems,
  }
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== ''
}

/** Variables that send requests elsewhere than to the venues themselves. */
const ELSEWHERE = /^(KLINELAB_(URL|WS)_\w+|AWS_ENDPOINT_URL(_S3)?|STORAGE_EMULATOR_HOST)$/

/** Their names and the hosts they name: no user, no password, no path. */
export function originsSet(env: Environment): Readonly<Record<string, string>> {
  const set = Object.entries(env).filter(([name, value]) => ELSEWHERE.test(name) && isSet(value))
  return Object.fromEntries(set.map(([name, value]) => [name, hostOf(value!)]).sort())
}

function hostOf(value: string): string {
  return URL.parse(value)?.host || 'no address'
}
