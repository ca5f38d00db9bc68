import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll } from 'vitest'
import type { Bucket } from '../../../src/data/remote/bucket.ts'
import { openGcsBucket } from '../../../src/data/remote/gcs-bucket.ts'
import { openS3Bucket } from '../../../src/data/remote/s3-bucket.ts'
import { parseStoreUrl } from '../../../src/data/remote/store-url.ts'
import { scratch } from '../../cli/klinelab.ts'
import { BUILD_TIMEOUT, type Server, serverProgram, whyNot } from './build-servers.ts'

/** Of the tests' own server; looked for in everything that is printed. */
export const KEY_ID = 'KLINELABTESTKEYID'
export const SECRET = 'klinelab/test+secret/which+nobody+may+print'

/** A server of buckets on this machine, with one bucket. */
export interface BucketServer {
  readonly kind: 's3' | 'gs'
  /** What the environment says of it; there only once the server has started. */
  readonly env: Readonly<Record<string, string>>
  open(address: string, env?: Readonly<Record<string, string>>): Promise<Bucket>
}

/** Another address each time: nobody's store is in anybody's way. */
let places = 0
export function freshAddress(server: BucketServer): string {
  return `${server.kind}://klines/place-${++places}`
}

/** Why the tests against a server are left out; '' where they are not. Said aloud: a test that is left out proves nothing. */
export function leftOut(server: Server): string {
  const reason = whyNot(server)
  if (reason === null) return ''
  console.warn(`left out: ${reason}`)
  return ` (left out: ${reason})`
}

/** Starts a server for the tests of a file. It is built ahead where this machine has not got it yet. */
export function bucketServer(kind: 's3' | 'gs'): BucketServer {
  const env: Record<string, string> = {}
  let child: ChildProcess | undefined
  beforeAll(async () => {
    const port = await freePort()
    const endpoint = `http://127.0.0.1:${port}`
    if (kind === 's3') {
      const flags = [
        '--port',
        `127.0.0.1:${port}`,
        '--access',
        KEY_ID,
        '--secret',
        SECRET,
        '--quiet',
        'posix',
        scratch(),
      ]
      child = await started('versitygw', flags, `${endpoint}/klines`)
      Object.assign(env, {
        AWS_ENDPOINT_URL: endpoint,
        AWS_ACCESS_KEY_ID: KEY_ID,
        AWS_SECRET_ACCESS_KEY: SECRET,
      })
      const credentials = { accessKeyId: KEY_ID, secretAccessKey: SECRET }
      const client = new S3Client({ endpoint, forcePathStyle: true, region: 'us-east-1', credentials })
      await client.send(new CreateBucketCommand({ Bucket: 'klines' }))
      client.destroy()
      return
    }
    const flags = [
      '-scheme',
      'http',
      '-host',
      '127.0.0.1',
      '-port',
      String(port),
      '-backend',
      'memory',
      '-log-level',
      'error',
    ]
    child = await started('fake-gcs-server', [...flags, '-external-url', endpoint], `${endpoint}/storage/v1/b`)
    env['STORAGE_EMULATOR_HOST'] = endpoint
    await fetch(`${endpoint}/storage/v1/b?project=klinelab`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'klines' }),
    })
  }, BUILD_TIMEOUT)
  afterAll(() => {
    child?.kill('SIGKILL')
  })
  return {
    kind,
    env,
    open: (address, own = env) => (kind === 's3' ? openS3Bucket : openGcsBucket)(parseStoreUrl(address), own),
  }
}

/** A port nobody listens on; free for as long as nobody else asks. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

async function started(server: Server, flags: readonly string[], url: string): Promise<ChildProcess> {
  const child = spawn(await serverProgram(server), flags, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (part) => (said += part))
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) break
    const isUp = await fetch(url).then(
      () => true,
      () => false,
    )
    if (isUp) return child
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  child.kill('SIGKILL')
  throw new Error(`${server} did not start: ${said}`)
}
