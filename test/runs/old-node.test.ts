import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { builtPackage } from '../bench/built-package.ts'
import { scratch } from '../cli/klinelab.ts'

const cwd = scratch()
const SCRIPT = join(cwd, 'script.mjs')
beforeAll(() => {
  builtPackage(cwd)
  writeFileSync(SCRIPT, "import { loadBars } from './dist/index.js'\nconsole.log(typeof loadBars)\n")
})

/** Of Node's own modules what 22 brought: an older Node cannot link a module that names it. */
const NEW = ['registerHooks', 'stripTypeScriptTypes', 'globSync', 'enableCompileCache']

test('no file of the package names what an older Node cannot link', () => {
  const files = readdirSync(join(cwd, 'dist'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.js'),
  )
  expect(files.length).toBeGreaterThan(20)
  const named = files.flatMap((file) =>
    [...readFileSync(join(cwd, 'dist', file), 'utf8').matchAll(/^import[^;]*?\{([^}]*)\} from "node:[^"]+"/gm)].flatMap(
      ([, names]) => names!.split(',').map((name) => `${file}: ${name.trim().split(' ')[0]}`),
    ),
  )
  expect(named.some((one) => one.endsWith(': readFileSync'))).toBe(true)
  expect(named.filter((one) => NEW.some((name) => one.endsWith(`: ${name}`)))).toEqual([])
})

const run = (file: string, args: readonly string[], env = process.env) =>
  spawnSync(file, [...args, SCRIPT], { encoding: 'utf8', cwd, env })

test.each([
  ['20.20.2', false],
  ['22.17.1', false],
  ['22.18.0', true],
  ['25.0.0', true],
])('a script that imports klinelab on Node %s', (node, isNewEnough) => {
  const versions = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${node}' } })`
  const { status, stdout, stderr } = run(process.execPath, [
    '--import',
    `data:text/javascript,${encodeURIComponent(versions)}`,
  ])
  if (isNewEnough) expect({ status, stdout }).toEqual({ status: 0, stdout: 'function\n' })
  else {
    expect(status).toBe(1)
    expect(stderr).toContain(`Error: klinelab needs Node 22.18 or newer; this is ${node}. Install a current one`)
  }
})

/** The machine's own, where it is an older one. */
const own =
  spawnSync('node', ['--version'], { encoding: 'utf8', env: { PATH: '/usr/local/bin:/usr/bin' } }).stdout ?? ''
test.skipIf(!/^v2[01]\./.test(own))('a script that imports klinelab on a Node that is old indeed', () => {
  const { status, stderr } = run('node', [], { PATH: '/usr/local/bin:/usr/bin' })
  expect(status).toBe(1)
  expect(stderr).toContain(`Error: klinelab needs Node 22.18 or newer; this is ${own.trim().slice(1)}.`)
  expect(stderr).not.toContain('SyntaxError')
})
