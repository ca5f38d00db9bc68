import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { klinelab, ROOT, scratch } from './klinelab.ts'
import { klinelabHere } from './klinelab-here.ts'

const config = (jobs: unknown) => `export default { store: 'store', sync: { jobs: ${JSON.stringify(jobs)} } }\n`
/** A job whose only step is a line of JavaScript. */
const script = (name: string, code: string, cron = '0 0 1 1 *') => ({ name, cron, run: [process.execPath, '-e', code] })
const project = (...jobs: readonly unknown[]) => scratch({ 'klinelab.config.ts': config(jobs) })
const stateIn = (cwd: string) =>
  (JSON.parse(readFileSync(join(cwd, 'store', 'sync.json'), 'utf8')) as { jobs: Record<string, { outcome: string }> })
    .jobs

const started: ChildProcess[] = []
afterEach(() => {
  for (const one of started.splice(0)) one.kill('SIGKILL')
})

/** Starts the command line and goes on; what becomes of it is asked later. */
function start(args: readonly string[], cwd: string) {
  const child = spawn(process.execPath, [join(ROOT, 'src', 'cli', 'main.ts'), ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  started.push(child)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text))
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  return { child, ended, said: () => said }
}

async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 20) {
    if (waited > 20_000) throw new Error('it never came to that')
    await setTimeout(20)
  }
}

describe('the schedule', () => {
  test('a job that there is not, and no schedule', async () => {
    const stranger = await klinelabHere(['data', 'sync', '--job', 'bar'], { cwd: project(script('bars', '0')) })
    expect(stranger).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('(did you mean "bars"?); there are bars'),
    })
    const none = await klinelabHere(['data', 'sync'], { cwd: scratch({ 'klinelab.config.ts': 'export default {}\n' }) })
    expect(none).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/klinelab\.config\.ts: has no "sync"; write sync/),
    })
  })

  test('--list shows next times, and runs nothing', async () => {
    const bars = { name: 'bars', cron: '2 * * * *', get: ['binance:BTCUSDT:1h'], from: '2024-01-01' }
    const cwd = project(bars, { name: 'all', cron: '0 3 * * *', update: true, train: 'up.ts' })
    const listed = await klinelabHere(['data', 'sync', '--list', '--json'], { cwd })
    const { jobs } = listed.json<{ jobs: { scheduled: number }[] }>()
    expect(existsSync(join(cwd, 'store'))).toBe(false)
    expect(jobs).toMatchObject([
      { job: 'bars', steps: ['get'], last: null },
      { job: 'all', steps: ['update', 'train'] },
    ])
    const at = new Date(jobs[1]!.scheduled)
    expect([at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()]).toEqual([3, 0, 0])
  })
})

describe('--once', () => {
  test('a job that fails stops no other: exit 1, its last words in the state, and nothing is due again', async () => {
    const cwd = project(
      script('bad', 'console.error("the disk is full"); process.exit(7)'),
      { name: 'model', cron: '@weekly', train: 'models/up.ts' },
      script('good', 'require("fs").writeFileSync("made", process.cwd())'),
    )
    const done = klinelab(['data', 'sync', '--once', '--json'], { cwd })
    expect(done.code).toBe(1)
    const outcomes = done.json<{ jobs: { job: string; outcome: string }[] }>().jobs.map((one) => [one.job, one.outcome])
    expect(outcomes).toEqual(Object.entries({ bad: 'failed', model: 'failed', good: 'done' }))
    expect(done.json()).toMatchObject({ runs: 3, failed: 2, isStopped: false })
    expect(done.stderr).toContain('model: module models/up.ts: there is no such file')
    expect(done.stderr).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ bad: started$/m)
    expect(readFileSync(join(cwd, 'made'), 'utf8')).toBe(cwd)
    expect(stateIn(cwd)['bad']).toMatchObject({
      error: expect.stringMatching(/ended with code 7\n {2}the disk is full/),
    })
    const again = await klinelabHere(['data', 'sync', '--once'], { cwd })
    expect(again).toMatchObject({ code: 0, stdout: 'Nothing was due.\n' })
    expect((await klinelabHere(['data', 'sync', '--list'], { cwd })).stdout).toMatch(
      /FAILED, never done yet[\s\S]*the disk is full/,
    )
  })

  test('a run that was killed is run again', async () => {
    const code =
      'require("fs").appendFileSync("runs", process.pid + "\\n"); setTimeout(() => {}, require("fs").existsSync("quick") ? 0 : 60000)'
    const cwd = project(script('slow', code))
    const first = start(['data', 'sync', '--once'], cwd)
    await until(() => existsSync(join(cwd, 'runs')))
    first.child.kill('SIGKILL')
    expect(await first.ended).toBeNull()
    process.kill(Number(readFileSync(join(cwd, 'runs'), 'utf8')), 'SIGKILL')
    expect(stateIn(cwd)['slow']).toMatchObject({ outcome: 'running', finished: null })
    expect((await klinelabHere(['data', 'sync', '--list'], { cwd })).stdout).toMatch(
      /due now .*not finished: underway, or killed/,
    )
    writeFileSync(join(cwd, 'quick'), '')
    const next = klinelab(['data', 'sync', '--once'], { cwd })
    expect(next).toMatchObject({ code: 0, stderr: expect.stringContaining('its last run was killed; it is run again') })
    expect(readFileSync(join(cwd, 'runs'), 'utf8').trim().split('\n')).toHaveLength(2)
    expect(stateIn(cwd)['slow']).toMatchObject({ outcome: 'done' })
  })
})

describe('two at once, and the end', () => {
  const WAITING =
    'const fs = require("fs"); fs.appendFileSync("runs", "x"); setInterval(() => fs.existsSync("go") && process.exit(0), 20)'

  test('while one runs another is refused, with its process; the first is not disturbed', async () => {
    const cwd = project(script('waiting', WAITING))
    const first = start(['data', 'sync', '--once'], cwd)
    await until(() => existsSync(join(cwd, 'runs')))
    const second = await klinelabHere(['data', 'sync', '--once'], { cwd })
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining(`process ${first.child.pid}@`) })
    expect(second.stderr).toContain('is syncing this store')
    writeFileSync(join(cwd, 'go'), '')
    expect(await first.ended).toBe(0)
    expect(readFileSync(join(cwd, 'runs'), 'utf8')).toBe('x')
  })

  test('a service to which nothing is due says at its start what it waits for; to a script it does not', async () => {
    const cwd = project(script('one', '0', '30 4 2 1 *'))
    await klinelabHere(['data', 'sync', '--once'], { cwd })
    const service = start(['data', 'sync'], cwd)
    await until(() => service.said() !== '')
    expect(service.said()).toMatch(/^\S+Z waits: next is one, at \d{4}-01-02T04:30 UTC\n$/)
    service.child.kill('SIGTERM')
    expect(await service.ended).toBe(0)
    const silent = start(['data', 'sync', '--json'], cwd)
    await until(() => existsSync(join(cwd, 'store', '.sync', '.lock')))
    silent.child.kill('SIGTERM')
    expect(await silent.ended).toBe(0)
    expect(JSON.parse(silent.said())).toMatchObject({ runs: 0 })
  })

  test('a service runs what is due, stays, and ends well when it is told to', async () => {
    const cwd = project(script('one', 'require("fs").writeFileSync("made", "")'))
    const service = start(['data', 'sync'], cwd)
    await until(() => existsSync(join(cwd, 'store', 'sync.json')) && stateIn(cwd)['one']!.outcome === 'done')
    expect(service.child.exitCode).toBeNull()
    service.child.kill('SIGTERM')
    expect(await service.ended).toBe(0)
    expect(existsSync(join(cwd, 'store', '.sync', '.lock'))).toBe(false)
  })

  test('Ctrl-C ends it with the step at hand, and the job is due at the next start', async () => {
    const cwd = project(script('waiting', WAITING))
    const first = start(['data', 'sync', '--once'], cwd)
    await until(() => existsSync(join(cwd, 'runs')))
    first.child.kill('SIGINT')
    expect(await first.ended).toBe(130)
    expect(stateIn(cwd)['waiting']).toMatchObject({ outcome: 'stopped', error: null })
    writeFileSync(join(cwd, 'go'), '')
    expect((await klinelabHere(['data', 'sync', '--once'], { cwd })).code).toBe(0)
  })
})

test('a secret that a job prints is neither logged nor kept', () => {
  const secret = 'sentinel/0a1b+2c=&"3d'
  const print =
    'const s = process.env.KLINELAB_BINANCE_SECRET; console.log(s, encodeURIComponent(s), JSON.stringify(s)); process.exit(1)'
  const cwd = project(script('loud', print))
  const done = klinelab(['data', 'sync', '--once', '--json'], { cwd, env: { KLINELAB_BINANCE_SECRET: secret } })
  const texts = [done.stdout, done.stderr, readFileSync(join(cwd, 'store', 'sync.json'), 'utf8')]
  expect(done.stderr).toContain('*** *** "***"')
  for (const text of texts) expect(text).not.toMatch(/0a1b/)
})
