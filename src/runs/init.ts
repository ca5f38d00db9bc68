import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { makeFolder } from '../data/index.ts'
import { HOME, IS_SOURCE, VERSION } from './package-info.ts'
import { UsageError } from './usage-error.ts'

export interface NewProject {
  readonly dir: string
  readonly files: readonly string[]
  readonly dependency: string
  readonly installed: boolean
}

/** Writes a new project with one strategy and a test of it, and installs klinelab there: this version, from where it came. */
export function initProject(dir: string, cwd: string, install: boolean): NewProject {
  const target = resolve(cwd, dir)
  if (existsSync(target) && readdirSync(target).some((name) => !['.git', 'node_modules'].includes(name)))
    throw new UsageError(`${target}: is not empty; name a new folder: klinelab init my-project`)
  const name =
    basename(target)
      .toLowerCase()
      .replace(/[^a-z0-9._-]+/g, '-')
      .replace(/^[._-]+/, '') || 'klinelab-project'
  const dependency = dependencyFor(target)
  const files = projectFiles(name, dependency)
  for (const [file, text] of Object.entries(files)) {
    makeFolder(dirname(join(target, file)))
    writeFileSync(join(target, file), text)
  }
  if (install) {
    const done = spawnSync('npm', ['install', '--no-audit', '--no-fund'], {
      cwd: target,
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32',
    })
    if (done.status !== 0)
      throw new Error(`the files of ${target} are written, but npm install did not succeed there; run it by hand`)
  }
  return { dir: target, files: Object.keys(files), dependency, installed: install }
}

/** A tarball or folder is named again, relative to the new project; anything else is this version of the registry's package. */
function dependencyFor(target: string): string {
  const local = (path: string) => `file:${relative(target, path).replaceAll('\\', '/')}`
  if (IS_SOURCE) return local(HOME)
  const root = resolve(HOME, '..', '..')
  const lock = join(root, 'node_modules', '.package-lock.json')
  if (existsSync(lock)) {
    const { packages } = JSON.parse(readFileSync(lock, 'utf8')) as { packages: Record<string, { resolved?: string }> }
    const { resolved } = packages['node_modules/klinelab'] ?? {}
    if (resolved?.startsWith('file:')) return local(resolve(root, resolved.slice('file:'.length)))
  }
  return `^${VERSION}`
}

function projectFiles(name: string, dependency: string): Readonly<Record<string, string>> {
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`
  return {
    'package.json': json({
      name,
      private: true,
      type: 'module',
      engines: { node: '>=22.18' },
      scripts: { backtest: 'klinelab backtest', test: 'node --test' },
      dependencies: { klinelab: dependency },
      devDependencies: { '@types/node': '^24.0.0' },
    }),
    'tsconfig.json': json({
      compilerOptions: {
        target: 'es2024',
        lib: ['es2024'],
        module: 'nodenext',
        types: ['node'],
        strict: true,
        erasableSyntaxOnly: true,
        verbatimModuleSyntax: true,
        allowImportingTsExtensions: true,
        skipLibCheck: true,
        noEmit: true,
      },
      include: ['strategies', 'test', '*.ts'],
    }),
    '.gitignore': 'node_modules/\nreports/\n',
    'klinelab.config.ts': CONFIG,
    'strategies/sma-cross.ts': readFileSync(join(HOME, 'strategies', 'sma-cross.ts'), 'utf8'),
    'test/sma-cross.test.ts': TEST,
    'README.md': readme(name),
  }
}

const CONFIG = `import { defineConfig } from 'klinelab'

// Defaults of every command in this folder; a flag wins over what stands here. See them all: klinelab backtest --show-config
export default defineConfig({
  cash: 10_000,
  // fees: { binance: { tier: 'VIP0', discount: 0.25 } },
})
`

const TEST = `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runBacktest } from 'klinelab'
import strategy from '../strategies/sma-cross.ts'

test('sma-cross trades, pays for it, and gives the same result twice', async () => {
  const run = () => runBacktest({ strategy, data: 'binance:BTCUSDT:1h', from: '2024-01-01', to: '2025-01-01', write: false })
  const [first, second] = [await run(), await run()]
  assert.ok(first.trades.length > 0)
  assert.ok(first.document.costs.fees > 0)
  assert.deepEqual(second.fills, first.fills)
})
`

const readme = (name: string) => `# ${name}

\`\`\`sh
npx klinelab backtest strategies/sma-cross.ts --data binance:BTCUSDT:1h    # a report in reports/
npx klinelab data import ~/dumps/*.zip --as binance:BTCUSDT:1m             # your own klines, into datasets/
npm test
\`\`\`

The series \`binance:BTCUSDT:1h\`, \`binance:ETHUSDT:1h\` (2022-01 to 2026-04) and \`binance:BTCUSDT:1m\` (2023-03) come with klinelab,
and as perpetuals \`binance-usdm:BTCUSDT:1h\` and \`binance-usdm:ETHUSDT:1h\` (2024-05 to 2025-08), with funding and leverage tiers.
`
