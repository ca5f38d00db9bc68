import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { compile, type TopLevelSpec } from 'vega-lite'
import { describe, expect, test } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { ROOT, scratch } from '../cli/klinelab.ts'
import { moduleOf } from './cells-as-module.ts'
import { Kernel } from './kernel.ts'
import { type Output, readNotebook } from './notebook.ts'
import { denoBinary, NOTEBOOKS, runNotebook } from './run-notebook.ts'

const VEGA_LITE = 'application/vnd.vegalite.v5+json'
const deno = denoBinary()
const notDeno = `npm has no Deno for ${process.platform}-${process.arch}, so that nothing can be run`
const titled = (title: string) => (deno === null ? `${title} (skipped: ${notDeno})` : title)

const shownBy = (outputs: readonly Output[]) => outputs.flatMap((one) => ('data' in one ? [one.data] : []))

const run = (script: string, args: readonly string[], cwd: string) =>
  spawnSync(process.execPath, [join(ROOT, 'node_modules', script), ...args], { cwd, encoding: 'utf8' })

test('there are two', () => {
  expect(NOTEBOOKS.map((file) => basename(file))).toEqual([
    '1-bars-to-features-and-labels.ipynb',
    '2-from-model-to-report.ipynb',
  ])
})

describe.each(NOTEBOOKS.map((file) => ({ name: basename(file), file })))('$name', ({ file }) => {
  const cells = readNotebook(file)
  const code = cells.filter(({ kind }) => kind === 'code')
  const outputs = code.flatMap((cell) => cell.outputs)

  test('every cell has been run, in order, and put something out; none failed or complained', () => {
    expect(code.map(({ executionCount }) => executionCount)).toEqual(code.map((_, k) => k + 1))
    expect(code.filter((cell) => cell.outputs.length === 0).map(({ id }) => id)).toEqual([])
    expect(outputs.filter((one) => one.output_type === 'error')).toEqual([])
    expect(outputs.filter((one) => one.output_type === 'stream' && one.name === 'stderr')).toEqual([])
  })

  test('ids are unique and say what a cell is about', () => {
    expect(new Set(cells.map(({ id }) => id)).size).toBe(cells.length)
    expect(cells.filter(({ id }) => !/^[a-z][a-z0-9-]{1,30}$/.test(id))).toEqual([])
  })

  test('no path of a machine stands in the outputs', () => {
    const text = JSON.stringify(outputs)
    for (const place of [ROOT, tmpdir(), homedir()]) expect(text).not.toContain(place)
    expect(text).not.toMatch(/file:\/\/|\/(home|root|tmp|work|Users|private|var)\/|[A-Z]:\\\\/)
  })

  test('what is shown has words in the place of pictures, and its charts are Vega-Lite without a warning', () => {
    const shown = shownBy(outputs)
    expect(shown.filter((data) => !(String(data['text/plain']).length > 0))).toEqual([])
    const specs = shown.flatMap((data) => (VEGA_LITE in data ? [data[VEGA_LITE] as TopLevelSpec] : []))
    expect(specs.length).toBeGreaterThan(4)
    const complaints: string[] = []
    const logger = silentLogger(complaints)
    for (const spec of specs) expect(compile(spec, { logger }).spec.marks?.length).toBeGreaterThan(0)
    expect(complaints).toEqual([])
  })

  test('the commands that its text names are there', () => {
    const text = cells.flatMap(({ kind, source }) => (kind === 'markdown' ? [source] : [])).join('\n')
    const named = [...text.matchAll(/npx klinelab (\w+)/g)].map(([, command]) => command!)
    expect(named.filter((command) => !(command in COMMANDS))).toEqual([])
  })

  // that it has the types it uses is seen where they are made, with the package
  describe('its code', () => {
    const folder = scratch({
      'package.json': '{ "type": "module" }\n',
      'cells.ts': moduleOf(cells),
      'show.ts': readFileSync(join(ROOT, 'notebooks', 'show.ts')),
      'biome.json': JSON.stringify({
        extends: [join(ROOT, '.biome.json')],
        vcs: { enabled: false },
        files: { includes: ['*.ts'] },
      }),
    })

    test('is formatted and clean', () => {
      const { status, stderr } = run('@biomejs/biome/bin/biome', ['check', 'cells.ts'], folder)
      expect(status, stderr).toBe(0)
    })
  })

  test.skipIf(deno === null)(
    titled('a new kernel puts out what is committed'),
    async () => {
      const anew = await runNotebook(deno!, file)
      const told = (all: typeof cells) => all.map(({ id, outputs }) => ({ id, outputs }))
      expect(told(anew)).toEqual(told(cells))
    },
    120_000,
  )
})

describe.skipIf(deno === null)(titled('a kernel'), () => {
  test('hands back all that a cell puts out, also what it publishes after it says that it is done', async () => {
    const kernel = await Kernel.start(deno!, join(ROOT, 'notebooks'), { ...process.env, NO_COLOR: '1' })
    try {
      for (let k = 0; k < 40; k++)
        expect(await kernel.execute(`console.log('printed ${k}')\n${k} + 1`)).toEqual([
          { output_type: 'stream', name: 'stdout', text: `printed ${k}\n` },
          { output_type: 'execute_result', data: { 'text/plain': String(k + 1) } },
        ])
      const [fault] = await kernel.execute("throw new RangeError('too far')")
      expect(fault).toMatchObject({ output_type: 'error', ename: 'RangeError', evalue: 'too far' })
      expect(await kernel.execute('const quiet = 1')).toEqual([])
    } finally {
      kernel.end()
    }
  })
})

function silentLogger(complaints: string[]) {
  const note = (...args: readonly unknown[]) => {
    complaints.push(args.join(' '))
    return logger
  }
  const logger = {
    level: ((value?: number) => (value === undefined ? 0 : logger)) as never,
    error: note,
    warn: note,
    info: () => logger,
    debug: () => logger,
  }
  return logger as never
}
