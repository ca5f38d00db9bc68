import { chmodSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { DataError } from '../../../src/data/index.ts'
import { bucketError } from '../../../src/data/remote/bucket-error.ts'
import { gcsCredentials, s3Credentials } from '../../../src/data/remote/credentials.ts'
import { openGcsBucket } from '../../../src/data/remote/gcs-bucket.ts'
import { openS3Bucket } from '../../../src/data/remote/s3-bucket.ts'
import { isStoreUrl, parseStoreUrl } from '../../../src/data/remote/store-url.ts'
import { scratch } from '../../cli/klinelab.ts'

const INI = `# mine
[default]
aws_access_key_id = IDOFDEFAULT
aws_secret_access_key=secret+of/default==
[work]
aws_access_key_id=IDOFWORK
aws_secret_access_key=secret of work
aws_session_token=token
[half]
aws_access_key_id=IDOFHALF
`
const KEY_FILE = JSON.stringify({
  type: 'service_account',
  private_key: '-----BEGIN secret',
  private_key_id: 'idofkey',
})

function fileOf(content: string, mode: number): string {
  const file = join(scratch({ credentials: content }), 'credentials')
  chmodSync(file, mode)
  return file
}

describe('credentials', () => {
  test('come from the variables of the environment before a file, and without either there are none', () => {
    const file = fileOf(INI, 0o600)
    const both = { AWS_ACCESS_KEY_ID: 'ID', AWS_SECRET_ACCESS_KEY: 'word', AWS_SHARED_CREDENTIALS_FILE: file }
    expect(s3Credentials(both)).toEqual({
      from: 'AWS_ACCESS_KEY_ID',
      secrets: ['ID', 'word'],
      keys: { accessKeyId: 'ID', secretAccessKey: 'word' },
    })
    expect(s3Credentials({ AWS_SHARED_CREDENTIALS_FILE: file }).keys).toEqual({
      accessKeyId: 'IDOFDEFAULT',
      secretAccessKey: 'secret+of/default==',
    })
    expect(s3Credentials({ AWS_SHARED_CREDENTIALS_FILE: file, AWS_PROFILE: 'work' }).keys).toEqual({
      accessKeyId: 'IDOFWORK',
      secretAccessKey: 'secret of work',
      sessionToken: 'token',
    })
    // not even where the tools of the clouds look by themselves
    expect(s3Credentials({ HOME: '/root', AWS_PROFILE: 'work' })).toEqual({
      from: 'no credentials',
      secrets: [],
      keys: null,
    })
    expect(gcsCredentials({})).toEqual({ from: 'no credentials', secrets: [], file: null })
    const key = fileOf(KEY_FILE, 0o400)
    expect(gcsCredentials({ GOOGLE_APPLICATION_CREDENTIALS: key })).toEqual({
      from: key,
      secrets: ['-----BEGIN secret', 'idofkey'],
      file: key,
    })
  })

  test.skipIf(process.platform === 'win32').each([0o644, 0o640, 0o604, 0o660, 0o601])(
    'a file of mode %o is refused by name, with what to do',
    (mode) => {
      for (const [variable, read, content] of [
        ['AWS_SHARED_CREDENTIALS_FILE', s3Credentials, INI],
        ['GOOGLE_APPLICATION_CREDENTIALS', gcsCredentials, KEY_FILE],
      ] as const) {
        const file = fileOf(content, mode)
        expect(statSync(file).mode & 0o777).toBe(mode)
        expect(() => read({ [variable]: file })).toThrow(
          `${file}, which ${variable} names, can be read by others (mode ${mode.toString(8)}): make it your own with: chmod 600 ${file}`,
        )
        chmodSync(file, 0o600)
        expect(read({ [variable]: file }).secrets).toHaveLength(2)
      }
    },
  )

  test('what is half there, missing or no such file is said without a word of it', () => {
    const file = fileOf(INI, 0o600)
    const refusals: [() => unknown, string][] = [
      [() => s3Credentials({ AWS_ACCESS_KEY_ID: 'hushhush' }), 'AWS_SECRET_ACCESS_KEY is missing'],
      [() => s3Credentials({ AWS_SECRET_ACCESS_KEY: 'hushhush' }), 'AWS_ACCESS_KEY_ID is missing'],
      [() => s3Credentials({ AWS_SHARED_CREDENTIALS_FILE: file, AWS_PROFILE: 'half' }), 'in its profile [half]'],
      [
        () => s3Credentials({ AWS_SHARED_CREDENTIALS_FILE: '/none/of/it' }),
        '/none/of/it, which AWS_SHARED_CREDENTIALS_FILE names',
      ],
      [
        () => gcsCredentials({ GOOGLE_APPLICATION_CREDENTIALS: fileOf('{"private_key":"hushhush', 0o600) }),
        'is no JSON',
      ],
    ]
    for (const [refused, words] of refusals) {
      expect(refused).toThrow(DataError)
      expect(refused).toThrow(words)
      expect(refused).not.toThrow(/hushhush|IDOF/)
    }
  })
})

describe('errors', () => {
  const way = {
    url: parseStoreUrl('s3://klines/x'),
    endpoint: 'http://me:hushhush@127.0.0.1:9',
    variable: 'AWS_ENDPOINT_URL',
    credentials: { from: 'AWS_ACCESS_KEY_ID', secrets: ['IDOFKEY', 'hushhush+/='] },
  }

  test('say nothing secret, whatever the server quotes, and leave the object of the client behind', () => {
    const signed = Object.assign(new Error('the key IDOFKEY did\nnot sign with hushhush+/= as it should'), {
      name: 'SignatureDoesNotMatch',
      $metadata: { httpStatusCode: 403 },
      $response: { headers: { authorization: 'IDOFKEY' } },
    })
    const error = bucketError(way, 'reading a', signed)
    expect(error.message).toBe(
      's3://klines/x: reading a failed at http://***@127.0.0.1:9: HTTP 403, SignatureDoesNotMatch, the key *** did not sign with *** as it should; it was asked with the credentials of AWS_ACCESS_KEY_ID; check that they are right and may do this',
    )
    expect(error.cause).toBe(undefined)
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/IDOFKEY|hushhush/)
  })

  test('say what happened at the bottom of a chain of causes', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:9'), { code: 'ECONNREFUSED' })
    const several = new AggregateError([refused], '')
    for (const cause of [refused, several])
      expect(bucketError(way, 'listing b', new TypeError('fetch failed', { cause })).message).toMatch(
        /connect ECONNREFUSED 127\.0\.0\.1:9; it cannot be reached; check the network and AWS_ENDPOINT_URL$/,
      )
  })
})

describe('addresses', () => {
  test('have a bucket and a path, with and without slashes at the end', () => {
    const parts = { kind: 's3', bucket: 'my-klines', prefix: 'a/b/', text: 's3://my-klines/a/b' }
    for (const text of ['s3://my-klines/a/b', 's3://my-klines/a/b/', 'S3://my-klines//a/b//'])
      expect(parseStoreUrl(text)).toEqual(parts)
    expect(parseStoreUrl('gs://b.c_d')).toEqual({ kind: 'gs', bucket: 'b.c_d', prefix: '', text: 'gs://b.c_d' })
    for (const folder of ['datasets', '/a/b', './s3', 'C:\\store', '../s3:/x']) expect(isStoreUrl(folder)).toBe(false)
  })

  test.each([
    's3://', 's3:///path', 'gs://UPPER/x', 'ftp://host/x', 'https://bucket.s3.amazonaws.com/x', 's3://bucket/a/../b', 's3://bucket/a?b=c',
  ])('%s is none', (text) => {
    expect(isStoreUrl(text)).toBe(true)
    expect(() => parseStoreUrl(text)).toThrow(RangeError)
    expect(() => parseStoreUrl(text)).toThrow(`"${text}" is not allowed`)
  }) // biome-ignore format: a list

  test('with a password in it is refused and not repeated', () => {
    expect(() => parseStoreUrl('s3://ID:hushhush@bucket/x')).toThrow('holds no credentials')
    expect(() => parseStoreUrl('s3://ID:hushhush@bucket/x')).not.toThrow(/hushhush/)
  })
})

describe('packages', () => {
  test.each([
    [openS3Bucket, 's3://bucket/x', '@aws-sdk/client-s3'],
    [openGcsBucket, 'gs://bucket/x', '@google-cloud/storage'],
  ] as const)('one that is not installed is named, with how to install it (%#)', async (open, address, name) => {
    const missing = async () => {
      throw Object.assign(new Error(`Cannot find package '${name}' imported from here`), {
        code: 'ERR_MODULE_NOT_FOUND',
      })
    }
    await expect(open(parseStoreUrl(address), {}, missing)).rejects.toThrow(
      `${address}: a store there needs the package ${name}, which is not installed: npm install ${name}`,
    )
    const broken = async () => {
      throw new Error('a part of it is damaged')
    }
    await expect(open(parseStoreUrl(address), {}, broken)).rejects.toThrow(
      /cannot be loaded \(a part of it is damaged\)/,
    )
  })
})
