import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { hostDigest, removeLeftovers, unfinishedName } from '../../src/runs/leftovers.ts'
import { writeFolder } from '../../src/runs/write-folder.ts'
import { ROOT, scratch } from '../cli/klinelab.ts'

const [, HOST] = /^run\.([0-9a-f]{12})\.\d+\.[0-9a-f]{8}\.tmp$/.exec(unfinishedName('run'))!
const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** The number of a process that has ended. */
const gonePid = () => spawnSync(process.execPath, ['-e', '']).pid

/** A half-written run whose files, and itself, were touched so long ago. */
function leave(out: string, name: string, age: number): void {
  const dir = join(out, name)
  mkdirSync(join(dir, 'artifact'), { recursive: true })
  writeFileSync(join(dir, 'artifact', 'run.json'), '{}')
  touch(age, join(dir, 'artifact', 'run.json'), join(dir, 'artifact'), dir)
}

function touch(age: number, ...paths: readonly string[]): void {
  const at = new Date(Date.now() - age)
  for (const path of paths) utimesSync(path, at, at)
}

const written = (out: string, name = 'made') =>
  writeFolder(name, out, { render: (dir) => writeFileSync(join(dir, 'a'), '1'), timing: '{}', reason: '' })

test('what a killed process left half-written goes with the next run that is written', async () => {
  const out = scratch()
  const module = JSON.stringify(pathToFileURL(join(ROOT, 'src', 'runs', 'write-folder.ts')).href)
  const writing = `const { writeFolder } = await import(${module})
    const render = () => { console.log('begun'); return new Promise(() => setInterval(() => {}, 1000)) }
    await writeFolder('run-0123456789ab', process.argv[1], { render, timing: '', reason: '' })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', writing, out])
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  await written(out)
  // it is still at it
  const both = readdirSync(out)
  expect(both).toEqual(['made', expect.stringMatching(/^run-0123456789ab\.[^.]+\.\d+\.[0-9a-f]{8}\.tmp$/)])
  expect(both[1]).toContain(`.${HOST}.${child.pid}.`)
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
  // what was touched within the minute stays: it might be another machine's of that name
  await written(out)
  expect(readdirSync(out)).toEqual(both)
  touch(2 * MINUTE, join(out, both[1]!))
  await written(out)
  expect(readdirSync(out)).toEqual(['made'])
})

test.each<readonly [what: string, name: () => string, age: number, stays: boolean]>([
  ['of a process that is gone', () => `run.${HOST}.${gonePid()}.0123abcd.tmp`, 2 * MINUTE, false],
  ['of a process that is gone, just touched', () => `run.${HOST}.${gonePid()}.0123abcd.tmp`, 0, true],
  ['of a process that lives', () => `run.${HOST}.${process.pid}.0123abcd.tmp`, 23 * HOUR, true],
  ['of a number that lives again a day later', () => `run.${HOST}.${process.pid}.0123abcd.tmp`, 25 * HOUR, false],
  ['of another machine', () => `run.not-${HOST}.${gonePid()}.0123abcd.tmp`, 23 * HOUR, true],
  ['of another machine, a day old', () => `run.not-${HOST}.${process.pid}.0123abcd.tmp`, 25 * HOUR, false],
  ['that names no machine', () => `run-0123456789ab.${gonePid()}.0123abcd.tmp`, 23 * HOUR, true],
  ['that names no machine, a day old', () => `run-0123456789ab.${gonePid()}.0123abcd.tmp`, 25 * HOUR, false],
  ['a finished run, however old', () => 'run-0123456789ab', 900 * HOUR, true],
  ['a folder of somebody else\u2019s', () => 'notes.tmp', 900 * HOUR, true],
])('%s', (_, name, age, stays) => {
  const out = scratch()
  const left = name()
  leave(out, left, age)
  removeLeftovers(out)
  expect(readdirSync(out)).toEqual(stays ? [left] : [])
}) // biome-ignore format: a table

test('a file that was written within the day keeps an old folder', () => {
  const out = scratch()
  const left = `run.not-${HOST}.1.0123abcd.tmp`
  leave(out, left, 25 * HOUR)
  const now = new Date()
  utimesSync(join(out, left, 'artifact', 'run.json'), now, now)
  removeLeftovers(out)
  expect(readdirSync(out)).toEqual([left])
})

test.each([
  ['long names of one beginning', `klinelab-sweep-worker-deployment-7d9f8b6c5d-x2x4z`, 'pid:[1]'],
  ['one name and two namespaces', `klinelab-sweep-worker-deployment-7d9f8b6c5d-q9k2p`, 'pid:[2]'],
])('machines of %s are two: the number of a process says nothing of the other', (_, name, namespace) => {
  const here = hostDigest('klinelab-sweep-worker-deployment-7d9f8b6c5d-q9k2p', 'pid:[1]')
  const out = scratch()
  const gone = gonePid()
  const names = [hostDigest(name, namespace), here].map((host) =>
    unfinishedName('run', host).replace(`.${process.pid}.`, `.${gone}.`),
  )
  for (const one of names) leave(out, one, HOUR)
  removeLeftovers(out, here)
  expect(readdirSync(out)).toEqual([names[0]])
})

test('a folder of runs that is not there is no error', () => {
  expect(() => removeLeftovers(join(scratch(), 'none'))).not.toThrow()
})
