import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { compiledKernel, compilerPath, KERNEL_FILE } from './recurrent-compile.ts'

test.skipIf(compilerPath() === null)('the committed kernel is what its sources compile to', () => {
  expect(compiledKernel(compilerPath()!)).toBe(readFileSync(KERNEL_FILE, 'utf8'))
})
