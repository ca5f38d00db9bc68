import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { ROOT, scratch } from '../cli/klinelab.ts'
import { modelModule } from '../cli/model-modules.ts'
import { dump, HOUR } from '../data/klines.ts'
import { fencedBlocks } from '../docs/fenced.ts'
import { moduleOf } from '../notebooks/cells-as-module.ts'
import { readNotebook } from '../notebooks/notebook.ts'
import { NOTEBOOKS } from '../notebooks/run-notebook.ts'

const npm = (args: readonly string[], cwd: string) => {
  const { KLINELAB_STORE, KLINELAB_REPORTS, KLINELAB_LEDGER, npm_config_local_prefix, ...env } = process.env
  return spawnSync('npm', args, {
    cwd,
    encoding: 'utf8',
    // what has been fetched before is not asked for again
    env: { ...env, npm_config_fund: 'false', npm_config_audit: 'false', npm_config_prefer_offline: 'true' },
  })
}

const tsc = (cwd: string) =>
  spawnSync(process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', '.'], {
    cwd,
    encoding: 'utf8',
  })

/**
 * All that is installed there, but for klinelab itself and what npm has written down of it, so that a second install of the same
 * unpacks nothing else: a file that npm changes it writes anew, that list alone excepted.
 */
function linkOthers(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.name === 'klinelab' || entry.name === '.package-lock.json') continue
    if (entry.isDirectory()) linkOthers(source, target)
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target)
    else linkSync(source, target)
  }
}

/** What a module exports that is imported by that name, or by that path; and what of the little one is not the very same in it. */
function exported(from: string, cwd: string, little?: string): unknown {
  const script = `const all = await import(${JSON.stringify(from)})
    const little = ${little === undefined ? '{}' : `await import(${JSON.stringify(little)})`}
    console.log(JSON.stringify({ names: Object.keys(all), others: Object.keys(little).filter((key) => little[key] !== all[key]) }))`
  const done = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { cwd, encoding: 'utf8' })
  expect(done.status, done.stderr).toBe(0)
  return JSON.parse(done.stdout)
}

const fileIn = (...path: readonly string[]) => pathToFileURL(join(ROOT, ...path)).href

const empty = scratch({ 'package.json': '{}' })
let tarball: string
beforeAll(() => {
  const packed = npm(['pack', '--pack-destination', empty, '--json'], ROOT)
  expect(packed.status, packed.stderr).toBe(0)
  tarball = readdirSync(empty).find((name) => name.endsWith('.tgz'))!
}, 300_000)

/** By the declarations that a user has, which npm pack has just made: the types of all the sources would cost anew. */
test('the TypeScript of the README and the code of the notebooks have the types they use', () => {
  const readme = fencedBlocks(readFileSync(join(ROOT, 'README.md'), 'utf8')).filter(({ language }) => language === 'ts')
  const files = [
    ...readme.map(({ line, text }) => [`readme/line-${line}.ts`, text] as const),
    ...NOTEBOOKS.map((file, k) => [`notebook-${k + 1}/cells.ts`, moduleOf(readNotebook(file))] as const),
  ]
  expect(files).toHaveLength(4 + 2)
  const show = readFileSync(join(ROOT, 'notebooks', 'show.ts'))
  const declared = (name: string) => [join(ROOT, 'dist', ...name.split('/'))]
  const folder = scratch({
    'package.json': '{ "type": "module" }',
    ...Object.fromEntries(files),
    ...Object.fromEntries(NOTEBOOKS.map((_, k) => [`notebook-${k + 1}/show.ts`, show])),
    'tsconfig.json': JSON.stringify({
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions: {
        typeRoots: [join(ROOT, 'node_modules', '@types')],
        paths: { klinelab: declared('index.d.ts'), 'klinelab/tables': declared('tables/tables.d.ts') },
      },
      files: files.map(([name]) => name),
      include: [],
    }),
  })
  const { status, stdout } = tsc(folder)
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
})

/** In dist/ as it lies here: in node_modules no frame would be taken for the user's. */
test('compiled, an error in a strategy names the line of the strategy that called', () => {
  const folder = scratch({
    'package.json': '{ "type": "module" }',
    'odd.ts': `import { defineStrategy, sma } from 'klinelab'
export default defineStrategy({
  name: 'odd',
  onBar: () => {
    sma(-1)
  },
})
`,
  })
  const main = join(ROOT, 'dist', 'cli', 'main.js')
  const { KLINELAB_STORE, KLINELAB_REPORTS, KLINELAB_LEDGER, ...env } = process.env
  const done = spawnSync(process.execPath, [main, 'backtest', 'odd.ts', '--data', 'binance:BTCUSDT:1h'], {
    cwd: folder,
    encoding: 'utf8',
    env,
  })
  expect(done.status).toBe(1)
  expect(done.stderr).toMatch(/strategy odd .* threw RangeError: sma period -1.*, at \S*[\\/]odd\.ts:5:5/)
})

/** Exactly what the README promises to somebody without a checkout. */
test('npm pack, install the tarball in an empty folder, init, backtest, npm test', { timeout: 300_000 }, (context) => {
  const installed = npm(['install', `./${tarball}`], empty)
  if (installed.status !== 0 && /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT/.test(installed.stderr))
    return context.skip('the npm registry is out of reach')
  expect(installed.status, installed.stderr).toBe(0)
  const home = join(empty, 'node_modules', 'klinelab')
  expect(readdirSync(home).sort()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'datasets',
    'dist',
    'package.json',
    'src',
    'strategies',
  ])
  expect(readdirSync(join(home, 'src'), { recursive: true }).sort()).toEqual([
    'cli',
    join('cli', 'klinelab.mjs'),
    'deploy',
    join('deploy', 'Dockerfile'),
    join('deploy', 'klinelab-paper.service'),
    'report',
    join('report', 'evaluation.schema.json'),
    join('report', 'run.schema.json'),
    join('report', 'sweep.schema.json'),
    join('report', 'walk-forward.schema.json'),
  ])

  const shop = join(empty, 'shop')
  const own = join(shop, 'node_modules')
  linkOthers(join(empty, 'node_modules'), own)
  expect(['klinelab', join('.bin', 'klinelab')].filter((name) => existsSync(join(own, name)))).toEqual([])
  const made = npm(['exec', '--', 'klinelab', 'init', 'shop'], empty)
  expect(made.status, made.stderr).toBe(0)
  expect(existsSync(join(own, '.bin', 'klinelab'))).toBe(true)
  const manifest = JSON.parse(readFileSync(join(shop, 'package.json'), 'utf8'))
  expect(manifest).toMatchObject({ type: 'module', dependencies: { klinelab: `file:../${tarball}` } })

  const run = npm(
    [
      'exec',
      '--',
      'klinelab',
      'backtest',
      'strategies/sma-cross.ts',
      '--data',
      'binance:BTCUSDT:1h',
      '--from',
      '2024-01-01',
      '--json',
    ],
    shop,
  )
  expect(run.status, run.stderr).toBe(0)
  const { dir, report, metrics } = JSON.parse(run.stdout)
  expect(dir.startsWith(join(shop, 'reports'))).toBe(true)
  expect(readFileSync(report, 'utf8')).toContain('<h1>sma-cross</h1>')
  expect(metrics.trades).toBeGreaterThan(0)

  // from here on without npm, which has shown that it finds the command and takes a second each time
  const { KLINELAB_STORE, KLINELAB_REPORTS, KLINELAB_LEDGER, ...env } = process.env
  const bin = join(empty, 'node_modules', '.bin', 'klinelab')
  const klinelab = (...args: readonly string[]) => spawnSync(bin, args, { cwd: shop, encoding: 'utf8', env })

  // the public API is that of the sources, and a strategy's share of it one and the same
  for (const [name, source, little] of [
    ['klinelab', 'src/index.ts', join(own, 'klinelab', 'dist', 'runs', 'strategy-api.js')],
    ['klinelab/tables', 'src/tables/tables.ts'],
  ] as const)
    expect(exported(name, shop, little && pathToFileURL(little).href)).toEqual(exported(fileIn(source), ROOT))

  // Node strips no types under node_modules, where klinelab's own examples lie: `demo` runs them there
  const examples = join('..', 'node_modules', 'klinelab', 'strategies')
  const names = readdirSync(join(shop, examples))
  const month = ['--data', 'binance:BTCUSDT:1h', '--from', '2024-01-01', '--to', '2024-02-01']
  const told = klinelab('backtest', 'strategies/elsewhere/sma-cross.ts', ...month)
  const [, advised = ''] = /klinelab’s own is (\S+): give that path, or copy it/.exec(told.stderr) ?? []
  expect(advised).toBe(join(home, 'strategies', 'sma-cross.ts'))
  expect(klinelab('backtest', advised, ...month)).toMatchObject({ status: 0, stderr: '' })
  const threaded = klinelab(
    ...['sweep', join(examples, 'sma-cross.ts'), ...month, '--set', 'fast=20,40', '--workers', '2', '--json'],
  )
  expect(threaded).toMatchObject({ status: 0, stderr: '' })
  expect(JSON.parse(threaded.stdout)).toMatchObject({ trials: { all: 2, done: 2, failed: 0 } })
  // every one of them, and one that imports another
  expect(names).toEqual(expect.arrayContaining(['sma-cross.ts', 'donchian-breakout.ts', 'ml-direction.ts']))
  const imports = names.map((name, k) => `import example${k} from './${name}'\n`).join('')
  const all = `[${names.map((_, k) => `example${k}`).join(', ')}]`
  writeFileSync(
    join(shop, examples, 'all.ts'),
    `${imports}if (${all}.some(({ name }) => !name)) throw new Error('no strategy')\nexport default example0 satisfies object\n`,
  )
  expect(klinelab('backtest', join(examples, 'all.ts'), ...month)).toMatchObject({ status: 0, stderr: '' })
  rmSync(join(shop, examples, 'all.ts'))
  // what is not ours Node goes on refusing
  mkdirSync(join(own, 'others'))
  copyFileSync(join(shop, examples, 'sma-cross.ts'), join(own, 'others', 'sma-cross.ts'))
  const refused = klinelab('backtest', join('node_modules', 'others', 'sma-cross.ts'), ...month)
  expect(refused).toMatchObject({ status: 2, stderr: expect.stringMatching(/cannot be loaded: .*under node_modules/) })
  rmSync(join(own, 'others'), { recursive: true })

  // files enough for threads, which are found by their path
  const files = Array.from({ length: 16 }, (_, k) => `part-${String(k).padStart(2, '0')}.csv`)
  for (const [k, file] of files.entries())
    writeFileSync(join(shop, file), dump(Date.UTC(2020, 0, 1) + k * 1300 * HOUR, 1300))
  const imported = klinelab('data', 'import', ...files, ...['--as', 'binance:TESTUSDT:1h', '--store', 'own', '--json'])
  expect(imported.status, imported.stderr).toBe(0)
  expect(JSON.parse(imported.stdout)).toMatchObject({ added: 16 * 1300 })
  for (const name of [...files, 'own']) rmSync(join(shop, name), { recursive: true })

  const swept = klinelab(
    ...['sweep', 'strategies/sma-cross.ts', '--data', 'binance:BTCUSDT:1h', '--set', 'fast=20,40,60,80'],
    ...['--workers', '2', '--json'],
  )
  expect(swept.status, swept.stderr).toBe(0)
  expect(JSON.parse(swept.stdout)).toMatchObject({ trials: { all: 4, done: 4, failed: 0 } })

  // what a perpetual needs besides its bars lies in the package too: filters, tiers, funding, marks
  const perpetual = klinelab('backtest', 'strategies/sma-cross.ts', ...['--data', 'binance-usdm:BTCUSDT:1h', '--json'])
  expect(perpetual.status, perpetual.stderr).toBe(0)
  const { costs, run: name } = JSON.parse(perpetual.stdout)
  expect(costs.funding).not.toBe(0)
  expect(JSON.parse(readFileSync(join(shop, 'reports', name, 'run.json'), 'utf8')).perpetuals).toMatchObject([
    { symbol: 'BTCUSDT', tiers: { source: 'binance-usdm-leverageBracket' }, funding: { missing: 1 } },
  ])

  // a model of the user's own, trained by the compiled kernel, on threads where it has them
  writeFileSync(
    join(shop, 'strategies', 'asks.ts'),
    modelModule({ model: 'lstm({ units: 8, window: 12, epochs: 1 })', split: 'walkForward({ folds: 2 })' }),
  )
  const trained = klinelab('train', 'strategies/asks.ts', '--workers', '2', '--json')
  expect(trained.status, trained.stderr).toBe(0)
  const [model] = JSON.parse(trained.stdout).models
  expect(readFileSync(model.report, 'utf8')).toContain('<h1>up</h1>')
  const asked = klinelab('backtest', 'strategies/asks.ts', '--json')
  expect(asked.status, asked.stderr).toBe(0)
  expect(JSON.parse(asked.stdout).models.used[0].artifact).toBe(model.reproduce.artifact)
  rmSync(join(shop, 'strategies', 'asks.ts'))

  expect(tsc(shop).stdout).toBe('')
  const tested = npm(['test'], shop)
  expect(tested.status, tested.stdout + tested.stderr).toBe(0)
  expect(tested.stdout).toMatch(/pass 1/)
  expect(existsSync(join(shop, 'datasets')), 'the embedded series are read where they lie').toBe(false)
})
