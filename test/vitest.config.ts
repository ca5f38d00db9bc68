import module from 'node:module'
import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'
import { memoryFolder } from './memory-folder.ts'
import { SlowestFirst } from './slowest-first.ts'

// all that the tests start compiles what it runs once, and not each process and thread by itself; Deno has no such cache
const { directory } = module.enableCompileCache?.() ?? {}
if (directory !== undefined) process.env['NODE_COMPILE_CACHE'] ??= directory

// behind the cache, which lies among the temporary files and is to stay; whoever has named a place for these knows why
const inMemory = process.env['TMPDIR'] === undefined ? memoryFolder() : null
if (inMemory !== null) process.env['TMPDIR'] = inMemory

const root = resolve(import.meta.dirname, '..')

/**
 * Files that have a worker of their own: what takes longest and so begins first, counts how often code runs, loads modules anew, or
 * brings an ML runtime, a stub of it or a store's servers. No other leaves anything behind for the next: a worker loads the code once
 * for all of them, not once a file.
 */
const ALONE = [
  'test/*.test.ts',
  'test/e2e/**/*.test.ts',
  'test/indicators/work.test.ts',
  'test/models/{onnx,tensorflow}*.test.ts',
  'test/data/remote/*.test.ts',
  'test/data/http/bans.test.ts',
]

export default defineConfig({
  root,
  resolve: {
    alias: [
      { find: /^klinelab\/tables$/, replacement: resolve(root, 'src/tables/tables.ts') },
      { find: /^klinelab$/, replacement: resolve(root, 'src/index.ts') },
    ],
  },
  test: {
    setupFiles: [resolve(root, 'test/seed.ts'), resolve(root, 'test/own-state.ts'), resolve(root, 'test/end-file.ts')],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // two cores: more workers only take memory
    maxWorkers: 2,
    sequence: { sequencer: SlowestFirst },
    projects: [
      { extends: true, test: { name: 'alone', include: ALONE } },
      { extends: true, test: { name: 'sharing', isolate: false, include: ['test/**/*.test.ts'], exclude: ALONE } },
    ],
    reporters: ['default', resolve(import.meta.dirname, 'summary-reporter.ts')],
  },
})
