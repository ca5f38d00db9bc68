import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectRoot } from '../../src/runs/code-hash.ts'
import { scratch } from '../cli/klinelab.ts'

test('without a package.json, commands are given where strategies/ lies', () => {
  const bare = scratch({ 'strategies/s.ts': '', 'mine/s.ts': '' })
  expect(projectRoot(join(bare, 'strategies'))).toBe(bare)
  expect(projectRoot(join(bare, 'mine'))).toBe(join(bare, 'mine'))
  const made = scratch({ 'package.json': '{}', 'lab/strategies/s.ts': '' })
  expect(projectRoot(join(made, 'lab', 'strategies'))).toBe(made)
})
