import { describe, expect, test } from 'vitest'
import type { Bucket } from '../../src/data/remote/bucket.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (state: { readonly bytes: Uint8Array } | null) =>
  state === null ? null : new TextDecoder().decode(state.bytes)

/** What every implementation of `Bucket` must do; `keys` makes a prefix nobody else uses. */
export function testBucket(
  name: string,
  open: () => Promise<{ readonly bucket: Bucket; readonly prefix: string }>,
): void {
  describe(`${name} keeps the contract of a bucket`, () => {
    test('an object is read as it was written, with the version that the write gave it', async () => {
      const { bucket, prefix } = await open()
      const all = Uint8Array.from({ length: 70_000 }, (_, k) => (k * 31) % 256)
      for (const content of [all, bytes(''), bytes('{"a":1}')]) {
        const version = await bucket.put(`${prefix}a/b.bin`, content)
        const state = (await bucket.get(`${prefix}a/b.bin`))!
        expect(Buffer.from(state.bytes).equals(content)).toBe(true)
        expect(state.version).toBe(version)
      }
    })

    test('what is not there is null, and deleting it is no error', async () => {
      const { bucket, prefix } = await open()
      expect(await bucket.get(`${prefix}nothing`)).toBe(null)
      await bucket.delete(`${prefix}nothing`)
      await bucket.put(`${prefix}nothing`, bytes('x'))
      await bucket.delete(`${prefix}nothing`)
      expect(await bucket.get(`${prefix}nothing`)).toBe(null)
    })

    test('a version that is no longer the newest, or "absent" where there is one, writes nothing', async () => {
      const { bucket, prefix } = await open()
      const key = `${prefix}manifest.json`
      const first = (await bucket.put(key, bytes('one'), { ifMatch: 'absent' }))!
      expect(first).toEqual(expect.any(String))
      expect(await bucket.put(key, bytes('two'), { ifMatch: 'absent' })).toBe(null)
      expect(text(await bucket.get(key))).toBe('one')
      const second = (await bucket.put(key, bytes('two'), { ifMatch: first }))!
      expect(second).not.toBe(first)
      expect(await bucket.put(key, bytes('three'), { ifMatch: first })).toBe(null)
      expect(text(await bucket.get(key))).toBe('two')
      await bucket.delete(key)
      expect(await bucket.put(key, bytes('four'), { ifMatch: second })).toBe(null)
      expect(await bucket.get(key)).toBe(null)
    })

    test('of writers that all know the same version exactly one succeeds', async () => {
      const { bucket, prefix } = await open()
      const key = `${prefix}race.json`
      let version: string | 'absent' = 'absent'
      for (let round = 0; round < 5; round++) {
        const known: string = version
        const puts = Array.from({ length: 8 }, (_, k) => bucket.put(key, bytes(`${round}-${k}`), { ifMatch: known }))
        const versions = await Promise.all(puts)
        const winners = versions.flatMap((one, k) => (one === null ? [] : [k]))
        expect(winners).toHaveLength(1)
        expect(text(await bucket.get(key))).toBe(`${round}-${winners[0]}`)
        version = versions[winners[0]!]!
      }
    })

    test('a prefix lists its objects by key, all pages of them, with the versions that they have', async () => {
      const { bucket, prefix } = await open()
      // more than the 1000 that a page of either server holds would take seconds to write; the clients turn the pages
      const names = ['b/2', 'a', 'b/1', 'c', 'b/10']
      const written = new Map<string, string | null>()
      for (const name of names) written.set(`${prefix}${name}`, await bucket.put(`${prefix}${name}`, bytes(name)))
      const all = await bucket.list(prefix)
      expect(all.map(({ key }) => key)).toEqual(names.map((name) => `${prefix}${name}`).toSorted())
      for (const { key, version } of all) expect(version).toBe(written.get(key))
      for (const { written: at } of all) expect(Math.abs(at - Date.now())).toBeLessThan(60_000)
      expect((await bucket.list(`${prefix}b/`)).map(({ key }) => key)).toEqual(
        ['b/1', 'b/10', 'b/2'].map((name) => `${prefix}${name}`),
      )
      expect(await bucket.list(prefix, 1)).toHaveLength(1)
      expect(await bucket.list(`${prefix}none`)).toEqual([])
    })

    test('keys with signs that addresses escape are kept as they are', async () => {
      const { bucket, prefix } = await open()
      const key = `${prefix}binance-usdm/BTCUSDT@mark/8h/a b+c%20.json`
      await bucket.put(key, bytes('x'))
      expect(text(await bucket.get(key))).toBe('x')
      expect((await bucket.list(prefix)).map((one) => one.key)).toEqual([key])
    })
  })
}
