/**
 * The servers that the stores in buckets are tested against, built once into a folder of the user's cache (or into
 * KLINELAB_TEST_BIN). `node test/data/remote/build-servers.ts` builds what is missing and says so.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

const SERVERS = {
  versitygw: { module: 'github.com/versity/versitygw/cmd/versitygw', version: 'v1.8.0' },
  'fake-gcs-server': { module: 'github.com/fsouza/fake-gcs-server', version: 'v1.56.1' },
} as const

export type Server = keyof typeof SERVERS

/** Two minutes on two cores that have nothing else to do. */
export const BUILD_TIMEOUT = 900_000

const FOLDER = process.env['KLINELAB_TEST_BIN'] || join(homedir(), '.cache', 'klinelab-test', 'bin')

function pathOf(server: Server): string {
  return join(FOLDER, `${server}-${SERVERS[server].version}`)
}

/** The Go toolchain: on the path, or where its own installer puts it. */
function goCommand(): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/go/bin']
  return folders.map((folder) => join(folder, 'go')).find((file) => existsSync(file)) ?? null
}

/** Why a server cannot be had on this machine; `null` where it is there or can be built. */
export function whyNot(server: Server): string | null {
  if (existsSync(pathOf(server)) || goCommand() !== null) return null
  return `${server} is not built and there is no Go to build it with (https://go.dev/dl)`
}

/** The server's program, built where it is not there yet. */
export function serverProgram(server: Server): string {
  const path = pathOf(server)
  if (existsSync(path)) return path
  const { module, version } = SERVERS[server]
  mkdirSync(FOLDER, { recursive: true })
  // two test files may build at a time: each into a folder of its own, and whole when it gets its name
  const own = mkdtempSync(join(FOLDER, 'building-'))
  try {
    const built = spawnSync(goCommand() ?? 'go', ['install', `${module}@${version}`], {
      env: { ...process.env, GOBIN: own, GOFLAGS: '' },
      encoding: 'utf8',
      timeout: BUILD_TIMEOUT,
    })
    if (built.status !== 0)
      throw new Error(`go install ${module}@${version} failed: ${(built.stderr || String(built.error)).slice(-2000)}`)
    renameSync(join(own, server), path)
    return path
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
}

if (process.argv[1] === import.meta.filename)
  for (const server of Object.keys(SERVERS) as Server[]) {
    const reason = whyNot(server)
    if (reason === null) serverProgram(server)
    else {
      console.log(`${reason}: its tests are skipped`)
      process.exitCode = 1
    }
  }
