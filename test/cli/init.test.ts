import { expect, test } from 'vitest'
import { scratch } from './klinelab.ts'
import { klinelabHere } from './klinelab-here.ts'

test('init says how to go on as a shell reads it, from a folder whose name has blanks too', async () => {
  const cwd = scratch({})
  const plain = await klinelabHere(['init', 'shop', '--no-install'], { cwd })
  const blank = await klinelabHere(['init', "my shop's", '--no-install'], { cwd })
  expect([plain.code, blank.code]).toEqual([0, 0])
  expect(plain.stdout).toContain('\n  cd shop\n')
  expect(blank.stdout).toContain("\n  cd 'my shop'\\''s'\n")
})
