import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import { type Series, seriesName } from '../../../src/core/series.ts'
import { barsSha256, certify, importFiles, isBroken, openStore, type Store } from '../../../src/data/index.ts'
import { connectStore } from '../../../src/data/remote/connect.ts'
import { scratch } from '../../cli/klinelab.ts'
import { testStore } from '../../contracts/test-store.ts'
import { dump, HOUR, NOW, START, TEST } from '../klines.ts'
import type { Server } from './build-servers.ts'
import { type BucketServer, bucketServer, freshAddress, leftOut } from './servers.ts'

const CHILD = fileURLToPath(new URL('dying-upload.ts', import.meta.url))
const DAY = 24 * HOUR

/** The store at an address as a machine sees it that has its caches there. */
function openAt(server: BucketServer, address: string, caches = scratch()): Promise<Store> {
  connectStore(address, { env: server.env, caches })
  return openStore(address)
}

async function put(store: Store, series: Series, csv: string) {
  const file = join(scratch(), 'some.csv')
  writeFileSync(file, csv)
  return importFiles(store, [file], series, { now: NOW })
}

/** Imports in a process of its own that dies at the request; what it printed where it did not die. */
function dyingUpload(server: BucketServer, ...args: string[]): Promise<{ signal: string | null; said: string }> {
  const child = spawn(process.execPath, [CHILD, ...args], { env: { ...process.env, ...server.env } })
  let said = ''
  child.stdout.on('data', (part) => (said += part))
  child.stderr.on('data', (part) => (said += part))
  return new Promise((resolve) => child.on('close', (_, signal) => resolve({ signal, said })))
}

async function hashAt(server: BucketServer, address: string): Promise<string> {
  const store = await openAt(server, address)
  expect(isBroken(await certify(store, TEST))).toBe(false)
  return barsSha256(await store.load(TEST))
}

/** What a store in a bucket does against a real server. */
export function testRemoteStore(kind: 's3' | 'gs', program: Server): void {
  const reason = leftOut(program)
  describe.skipIf(reason !== '')(`a store at ${kind}://${reason}`, () => {
    const server = bucketServer(kind)

    testStore(`a store at ${kind}://`, async () => {
      const store = await openAt(server, freshAddress(server))
      return { store, put: (series, csv) => put(store, series, csv) }
    })

    test('machines that write different months at once lose nothing, and each counts its own', async () => {
      const address = freshAddress(server)
      const machines = await Promise.all(Array.from({ length: 4 }, () => openAt(server, address)))
      const results = await Promise.all(machines.map((store, k) => put(store, TEST, dump(Date.UTC(2024, k), 24 * 28))))
      expect(results.map(({ added }) => added)).toEqual([672, 672, 672, 672])
      for (const store of [...machines, await openAt(server, address)]) {
        expect((await store.load(TEST)).length).toBe(4 * 672)
        expect((await store.manifest(TEST))!.files.map(({ month }) => month)).toEqual([
          '2024-01',
          '2024-02',
          '2024-03',
          '2024-04',
        ])
      }
      expect(isBroken(await certify(machines[0]!, TEST))).toBe(false)
    })

    test('machines that write into one month at once lose nothing', async () => {
      const address = freshAddress(server)
      const machines = await Promise.all(Array.from({ length: 3 }, () => openAt(server, address)))
      await Promise.all(machines.map((store, k) => put(store, TEST, dump(START + k * 5 * DAY, 24 * 6))))
      const whole = await openAt(server, address)
      expect([...(await whole.load(TEST)).openTime]).toEqual(
        Array.from({ length: 24 * 16 }, (_, k) => START + k * HOUR),
      )
    })

    test('a process killed at random instants of an upload leaves the old state or the new one, and the next import succeeds', async () => {
      const random = seededRandom(2026)
      const old = dump(Date.UTC(2024, 0, 20), 100)
      const files = scratch({ 'new.csv': dump(START, 24 * 70) })
      const file = join(files, 'new.csv')
      const stateOf = async (): Promise<{ address: string; caches: string }> => {
        const place = { address: freshAddress(server), caches: scratch() }
        await put(await openAt(server, place.address, place.caches), TEST, old)
        return place
      }
      const whole = await stateOf()
      const before = await hashAt(server, whole.address)
      const upload = (place: typeof whole, request: string, delay: string) =>
        dyingUpload(server, place.address, place.caches, file, seriesName(TEST), request, delay)
      const { signal, said } = await upload(whole, 'never', '0')
      expect({ signal, said }).toEqual({ signal: null, said: expect.stringMatching(/^\d+$/) })
      const requests = Number(said)
      const after = await hashAt(server, whole.address)
      // before each request is a state of its own; some of them, and instants while one is underway
      const points = Array.from(
        { length: 3 },
        () => [1 + Math.floor(random() * requests), Math.floor(random() * 6)] as const,
      )
      const states: Record<string, number> = { old: 0, new: 0 }
      const killAt = async ([request, delay]: readonly [number, number]) => {
        const place = await stateOf()
        const died = await upload(place, String(request), String(delay))
        expect(died, `request ${request} + ${delay} ms`).toEqual({ signal: 'SIGKILL', said: '' })
        // another machine, while the dead one's lock and staging lie in its cache
        const hash = await hashAt(server, place.address)
        expect([before, after]).toContain(hash)
        states[hash === before ? 'old' : 'new']!++
        const again = await openAt(server, place.address, place.caches)
        await importFiles(again, [file], TEST, { now: NOW, patience: 3000 })
        expect(await hashAt(server, place.address)).toBe(after)
      }
      // ahead of the put that decides, and after all is done but the tidying up
      await Promise.all([killAt([requests - 3, 0]), killAt([requests, 0])])
      await Promise.all(points.map(killAt))
      expect(states['old']).toBeGreaterThan(1)
      expect(states['new']).toBeGreaterThan(0)
    })

    test('an object that is not what was written is noticed by its hash, and named', async () => {
      const address = freshAddress(server)
      const store = await openAt(server, address)
      const { manifest } = await put(store, TEST, dump(START, 24 * 40))
      const bucket = await server.open(address)
      const path = address.split('/').slice(3).join('/')
      const [, month] = manifest.files
      const key = `${path}/binance/TESTUSDT/1h/${month!.file}`
      const good = (await bucket.get(key))!.bytes
      await bucket.put(key, good.with(good.length >> 1, good[good.length >> 1]! ^ 1))
      const other = await openAt(server, address)
      await expect(other.load(TEST)).rejects.toThrow(
        `${address}/binance/TESTUSDT/1h/${month!.file}: is not what was written: its sha256 is`,
      )
      // the machine that wrote it has it still, and looks at the bucket where it is asked to check
      expect((await store.load(TEST)).length).toBe(960)
      expect((await certify(store, TEST)).faults).toEqual([
        `${month!.file} is not what was written: its sha256 differs from the manifest`,
      ])
      await bucket.delete(key)
      await expect(other.load(TEST)).rejects.toThrow(`${month!.file}: the manifest names it but it is missing`)
      expect((await certify(store, TEST)).faults).toEqual([`${month!.file} is missing`])
    })

    test('a folder copied into a bucket as it is is a store there', async () => {
      const address = freshAddress(server)
      const folder = join(scratch(), 'store')
      const local = await openStore(folder)
      const { manifest } = await put(local, TEST, dump(START, 100))
      const bucket = await server.open(address)
      const path = address.split('/').slice(3).join('/')
      for (const name of ['manifest.json', ...manifest.files.map(({ file }) => file)]) {
        const bytes = readFileSync(join(folder, 'binance', 'TESTUSDT', '1h', name))
        await bucket.put(`${path}/binance/TESTUSDT/1h/${name}`, bytes)
      }
      expect(barsSha256(await (await openAt(server, address)).load(TEST))).toBe(barsSha256(await local.load(TEST)))
    })
  })
}
