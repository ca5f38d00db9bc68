import { setFlagsFromString } from 'node:v8'
import { Script } from 'node:vm'
import { expect, test } from 'vitest'
import { emptyList } from '../../src/core/empty-list.ts'

/** What the runtime takes a list for. */
function kindOf(list: readonly unknown[]): 'small integers' | 'objects' | 'another' {
  setFlagsFromString('--allow-natives-syntax')
  const has = (kind: string) =>
    new Script(`(list) => %Has${kind}Elements(list)`).runInThisContext() as (l: unknown) => boolean
  const [isSmi, isObject] = [has('Smi')(list), has('Object')(list)]
  setFlagsFromString('--no-allow-natives-syntax')
  return isSmi ? 'small integers' : isObject ? 'objects' : 'another'
}

test('an empty list is one of objects before, while and after it holds some', () => {
  const list = emptyList<{ readonly id: number }>()
  const seen = [kindOf(list)]
  list.push({ id: 1 })
  seen.push(kindOf(list))
  list.pop()
  seen.push(kindOf(list))
  expect(seen).toEqual(['objects', 'objects', 'objects'])
  expect(list).toEqual([])
  // what it is there for: were this no longer so, it could go
  expect(kindOf([])).toBe('small integers')
})
