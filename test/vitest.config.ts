import module from 'node:module'
import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

// all that the tests start compiles what it runs once, and not each process and thread by itself; Deno has no such cache
const { directory } = module.enableCompileCache?.() ?? {}
if (directory !== undefined) process.env['NODE_COMPILE_CACHE'] ??= directory

const root = resolve(import.meta.dirname, '..')

export default defineConfig({
  root,
  resolve: {
    alias: [
      { find: /^klinelab\/tables$/, replacement: resolve(root, 'src/tables/tables.ts') },
      { find: /^klinelab$/, replacement: resolve(root, 'src/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: [resolve(root, 'test/seed.ts')],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // two cores: more workers only take memory
    maxWorkers: 2,
    reporters: ['default', resolve(import.meta.dirname, 'summary-reporter.ts')],
  },
})
