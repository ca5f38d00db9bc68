import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../cli/klinelab.ts'

test('each package that the published one needs, or can use, stands in the README with its reason', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const [, table = ''] = /^## Dependencies\n([\s\S]*?)^## /m.exec(readme) ?? []
  const rows = table.split('\n').flatMap((line) => /^\| ([^|]+) \| [^|]+ \| [^|]+ \|$/.exec(line)?.[1] ?? [])
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  // `@tensorflow/tfjs-core, -layers` is two of one scope
  const named = rows.flatMap((row) => row.match(/@?[a-z0-9][\w./-]*|-[a-z]+(?:-[a-z]+)*/g) ?? [])
  const isNamed = (name: string) =>
    named.includes(name) ||
    named.some((end) => end.startsWith('-') && name.startsWith('@tensorflow/tfjs') && name.endsWith(end))
  expect(Object.keys({ ...dependencies, ...peerDependencies }).filter((name) => !isNamed(name))).toEqual([])
})
