import { once } from 'node:events'
import { expect, test } from 'vitest'
import { runChild } from '../../src/runs/child-step.ts'

const HOUR = 3_600_000

function started(script: string, more: { readonly timeout?: number; readonly grace?: number } = {}) {
  const { timeout = HOUR, grace = 100 } = more
  const stop = new AbortController()
  const lines: string[] = []
  const said = new EventTarget()
  const log = (line: string) => {
    lines.push(line)
    said.dispatchEvent(new Event('line'))
  }
  const child = { name: 'it', argv: [process.execPath, '-e', script], cwd: '.', env: {}, stopBy: 'SIGTERM' as const }
  const outcome = runChild({ ...child, grace }, { signal: stop.signal, log, patience: HOUR, timeout })
  return { stop, lines, outcome, heard: once(said, 'line') }
}

const DEAF = `process.on('SIGTERM', () => console.log('no')); setInterval(() => {}, 1000)`
const pidOf = (line: string) => Number(/^pid (\d+)$/.exec(line)![1])
const isThere = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('who does not heed that it is to end is made to, after a grace', async () => {
  const { stop, outcome, heard, lines } = started(`${DEAF}; console.log('pid ' + process.pid)`)
  await heard
  stop.abort()
  expect(await outcome).toMatchObject({ isStopped: true, text: expect.stringMatching(/^it: stopped after/) })
  expect(lines).toContain('no')
  expect(isThere(pidOf(lines[0]!))).toBe(false)
})

test('what it has started itself, and left, holds nobody up', async () => {
  const left = `require('node:child_process').spawn('sleep', ['5'], { stdio: 'inherit' }).pid`
  const { stop, outcome, heard, lines } = started(`${DEAF}; console.log('pid ' + ${left})`)
  await heard
  stop.abort()
  expect(await outcome).toMatchObject({ isStopped: true })
  process.kill(pidOf(lines[0]!))
})

test.each([
  ['one that heeds it', 'setInterval(() => {}, 1000)'],
  ['one that heeds nothing', DEAF],
  ['one that then says that all is well', `process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000)`],
])('it takes no longer than it may, %s', async (_, script) => {
  await expect(started(script, { timeout: 500 }).outcome).rejects.toThrow(
    /^it: ended after \d+\.\d s, longer than it may take; "timeout" of its job says how long$/,
  )
})

test('who ends in time is not waited for', async () => {
  const { outcome } = started('', { timeout: 20 * HOUR })
  expect(await outcome).toEqual({ text: expect.stringMatching(/^it: done in/) })
})
