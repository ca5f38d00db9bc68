import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { klinelab, ROOT, scratch } from './klinelab.ts'

const SRC = pathToFileURL(join(ROOT, 'src')).href

/** What a command loads of the sources and of packages, by path. */
function loadedBy(...args: string[]): string[] {
  const told = scratch({
    'tell.mjs': `import { registerHooks } from 'node:module'
const seen = []
registerHooks({ load: (url, context, next) => (seen.push(url), next(url, context)) })
process.on('exit', () => console.error(JSON.stringify(seen)))
`,
  })
  const tell = pathToFileURL(join(told, 'tell.mjs')).href
  const done = klinelab(args, {
    env: { NODE_OPTIONS: `--import ${tell}`, KLINELAB_LEDGER: join(told, 'ledger.jsonl') },
  })
  expect(done.code, done.stderr).toBe(0)
  const urls = JSON.parse(done.stderr.trim().split('\n').at(-1)!) as string[]
  return urls.map((url) => url.replace(`${SRC}/`, '').replace(/^.*\/node_modules\//, 'npm:'))
}

test('a plain backtest of a store in a folder loads what it needs, and nothing of what others do', () => {
  const asked = ['--data', 'binance:BTCUSDT:1h', '--out', scratch()]
  const loaded = loadedBy('backtest', 'strategies/sma-cross.ts', ...asked)
  expect(loaded).toEqual(expect.arrayContaining(['runs/backtest.ts', 'data/store.ts', 'report/report.ts']))
  // what comes after the bars are there is loaded while DuckDB reads them
  const place = (name: string) => loaded.findIndex((one) => one.endsWith(name))
  for (const late of ['runs/backtest.ts', 'metrics/index.ts', 'report/report.ts'])
    expect(place(late)).toBeGreaterThan(place('strategies/sma-cross.ts'))
  const others = [
    // models: only whether something is one is asked
    /^preprocess\//,
    /^models\/(?!is-model-definition\.ts)/,
    // bars from files and venues, markets ranked, stores in buckets
    /^data\/(import|export|resample|merge|read-files|csv.*)\.ts/,
    /^data\/collect\/(?!make-bars\.ts|stretches\.ts)/,
    /^data\/(venues|stream|http|scan|serve)\//,
    /^data\/remote\/(?!store-url\.ts)/,
    // perpetuals, searches, a stress that was not asked for
    /^data\/(funding|tiers)\.ts/,
    /^runs\/(perpetual|stress|sweep|paper\/.*)\.ts/,
    /^(exchange|search\/queue)\//,
    /^npm:(?!@duckdb\/node-bindings|detect-libc|yargs-parser)/,
  ]
  for (const room of others) expect(loaded.filter((name) => room.test(name))).toEqual([])
})

test('what cannot be loaded while bars are read is told as any other error is', () => {
  const broken = scratch({
    'broken.mjs': `import { registerHooks } from 'node:module'
registerHooks({
  load(url, context, next) {
    if (url.endsWith('/runs/run-folder.ts')) throw new Error('a part of it is broken')
    return next(url, context)
  },
})
`,
  })
  const hook = pathToFileURL(join(broken, 'broken.mjs')).href
  const asked = ['--data', 'binance:BTCUSDT:1h', '--out', scratch()]
  const done = klinelab(['backtest', 'strategies/sma-cross.ts', ...asked], {
    env: { NODE_OPTIONS: `--import ${hook}` },
  })
  expect([done.code, done.stderr.trim()]).toEqual([1, 'a part of it is broken'])
})
