import { posix, win32 } from 'node:path'
import { expect, test } from 'vitest'
import { pathFrom } from '../../src/runs/objective.ts'

test.each([
  ['/p', '/p/goals/calm.ts', 'goals/calm.ts'],
  ['/p', '/p/..calm/calm.ts', '..calm/calm.ts'],
  ['/p', '/p/...ts', '...ts'],
  ['/p', '/calm.ts', '/calm.ts'],
  ['/p', '/q/calm.ts', '/q/calm.ts'],
])('from %s, %s is %s', (root, file, path) => expect(pathFrom(root, file, posix)).toBe(path))

test.each([
  ['C:\\p', 'C:\\p\\..calm\\calm.ts', '..calm/calm.ts'],
  ['C:\\p', 'C:\\q\\calm.ts', 'C:/q/calm.ts'],
  ['C:\\p', 'D:\\p\\calm.ts', 'D:/p/calm.ts'],
])('on Windows, from %s, %s is %s', (root, file, path) => expect(pathFrom(root, file, win32)).toBe(path))
