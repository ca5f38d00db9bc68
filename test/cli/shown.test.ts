import { expect, test } from 'vitest'
import { shown } from '../../src/cli/run-text.ts'

test.each([
  ['/home/me/project', '.'],
  ['/home/me/project/datasets', 'datasets'],
  ['/home/me', '/home/me'],
  ['/var/store', '/var/store'],
  ['s3://bucket/store', 's3://bucket/store'],
])('%s is shown in /home/me/project as %s', (path, as) => {
  expect(shown(path, '/home/me/project')).toBe(as)
})
