/**
 * The servers that the stores in buckets are tested against, built once into a folder of the user's cache (or into
 * KLINELAB_TEST_BIN). `node test/data/remote/build-servers.ts` builds what is missing and says so.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

const SERVERS = {
  versitygw: { module: 'github.com/versity/versitygw/cmd/versitygw', version: 'v1.8.0' },
  'fake-gcs-server': { module: 'github.com/fsouza/fake-gcs-server', version: 'v1.56.1' },
} as const

export type Server = keyof typeof SERVERS

/** They serve a test: what makes them fast to run, or good to debug, takes two fifths of the time to build them. */
const UNOPTIMISED = ['-ldflags=-s -w', '-gcflags=all=-N -l -dwarf=false']

/** A minute and a half on two cores that have nothing else to do. */
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

/** The server's program, built where it is not there yet; whoever builds it already is waited for. */
export async function serverProgram(server: Server): Promise<string> {
  const path = pathOf(server)
  for (; !existsSync(path); await setTimeout(300)) {
    const release = take(`${path}.lock`)
    if (release === null) continue
    try {
      await build(server, path)
    } finally {
      release()
    }
  }
  return path
}

/** Holds a lock file, unless a living process does. */
function take(file: string): (() => void) | null {
  mkdirSync(FOLDER, { recursive: true })
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return () => rmSync(file, { force: true })
  } catch {
    try {
      process.kill(Number(readFileSync(file, 'utf8')), 0)
    } catch {
      rmSync(file, { force: true })
    }
    return null
  }
}

async function build(server: Server, path: string): Promise<void> {
  const { module, version } = SERVERS[server]
  // into a folder of its own: it gets its name when it is whole
  const own = mkdtempSync(join(FOLDER, 'building-'))
  try {
    const go = spawn(goCommand() ?? 'go', ['install', ...UNOPTIMISED, `${module}@${version}`], {
      env: { ...process.env, GOBIN: own },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    go.stderr.on('data', (part) => (said += part))
    const code = await new Promise((resolve) => go.on('error', resolve).on('close', resolve))
    if (code !== 0) throw new Error(`go install ${module}@${version} failed: ${said.slice(-2000) || code}`)
    renameSync(join(own, server), path)
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
}

if (process.argv[1] === import.meta.filename)
  for (const server of Object.keys(SERVERS) as Server[]) {
    const reason = whyNot(server)
    if (reason === null) await serverProgram(server)
    else {
      console.log(`${reason}: its tests are skipped`)
      process.exitCode = 1
    }
  }
