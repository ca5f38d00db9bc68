import { readFileSync, statSync } from 'node:fs'
import { DataError } from '../data-error.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** What a bucket is asked with, and what must therefore never be printed. */
interface Credentials {
  /** Where they came from, for errors: the name of a variable, a file, or that there are none. */
  readonly from: string
  readonly secrets: readonly string[]
}

export interface S3Credentials extends Credentials {
  /** `null`: public data are asked for without any. */
  readonly keys: {
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken?: string
  } | null
}

export interface GcsCredentials extends Credentials {
  readonly file: string | null
}

const NONE = 'no credentials'

/**
 * Of the environment's variables, else of the file that AWS_SHARED_CREDENTIALS_FILE names. Nothing is looked for
 * elsewhere: neither in the home folder nor at a metadata server.
 * @throws DataError where they are half there, or the file can be read by others
 */
export function s3Credentials(env: Environment): S3Credentials {
  const id = env['AWS_ACCESS_KEY_ID'] ?? ''
  const secret = env['AWS_SECRET_ACCESS_KEY'] ?? ''
  if (id !== '' || secret !== '') {
    if (id === '' || secret === '')
      throw new DataError(
        `${id === '' ? 'AWS_ACCESS_KEY_ID' : 'AWS_SECRET_ACCESS_KEY'} is missing in the environment and the other half of it is there: set both, or none for public data`,
      )
    return withKeys('AWS_ACCESS_KEY_ID', id, secret, env['AWS_SESSION_TOKEN'])
  }
  const file = env['AWS_SHARED_CREDENTIALS_FILE'] ?? ''
  if (file === '') return { from: NONE, secrets: [], keys: null }
  const profile = env['AWS_PROFILE'] || 'default'
  const values = profileOf(readSecret(file, 'AWS_SHARED_CREDENTIALS_FILE'), profile)
  const [fileId, fileSecret] = [values.get('aws_access_key_id'), values.get('aws_secret_access_key')]
  if (!fileId || !fileSecret)
    throw new DataError(
      `${file}: has no aws_access_key_id and aws_secret_access_key in its profile [${profile}]; add them, or name another profile with AWS_PROFILE`,
    )
  return withKeys(`${file} [${profile}]`, fileId, fileSecret, values.get('aws_session_token'))
}

function withKeys(from: string, accessKeyId: string, secretAccessKey: string, sessionToken?: string): S3Credentials {
  const keys = { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
  return { from, secrets: Object.values(keys), keys }
}

/** Settings of one section of an INI file. */
function profileOf(text: string, profile: string): Map<string, string> {
  const values = new Map<string, string>()
  let section = ''
  for (const line of text.split(/\r?\n/)) {
    const [, heading] = /^\s*\[\s*(.+?)\s*\]\s*$/.exec(line) ?? []
    if (heading !== undefined) section = heading
    const [, name, value] = /^\s*([\w-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (section === profile && name !== undefined) values.set(name, value!)
  }
  return values
}

/** The file that GOOGLE_APPLICATION_CREDENTIALS names, or none. @throws DataError where others can read it */
export function gcsCredentials(env: Environment): GcsCredentials {
  const file = env['GOOGLE_APPLICATION_CREDENTIALS'] ?? ''
  if (file === '') return { from: NONE, secrets: [], file: null }
  const text = readSecret(file, 'GOOGLE_APPLICATION_CREDENTIALS')
  let json: Record<string, unknown>
  try {
    json = JSON.parse(text) as typeof json
  } catch {
    // the parser's own message quotes the text
    throw new DataError(`${file}: is no JSON; GOOGLE_APPLICATION_CREDENTIALS names a key file as Google hands it out`)
  }
  const words = ['private_key', 'private_key_id', 'client_secret', 'refresh_token'].map((name) => json?.[name])
  // a message may quote a line of a key
  const lines = words.flatMap((word) => (typeof word === 'string' ? word.split('\n') : []))
  return { from: file, secrets: lines.filter((line) => line !== ''), file }
}

/** Reads a file of secrets that nobody but its owner can read. */
function readSecret(file: string, variable: string): string {
  let mode: number
  try {
    mode = statSync(file).mode
  } catch (error) {
    throw new DataError(`${file}, which ${variable} names, cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
  // Windows has no such modes, and shows every file as readable by all
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    throw new DataError(
      `${file}, which ${variable} names, can be read by others (mode ${(mode & 0o777).toString(8)}): make it your own with: chmod 600 ${file}`,
    )
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new DataError(`${file}, which ${variable} names, cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

/** A text without anything secret in it. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((clean, secret) => clean.replaceAll(secret, '***'), text)
}
