import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Series, Venue } from '../../core/series.ts'
import { DataError } from '../data-error.ts'
import { makeFolder } from '../make-folder.ts'
import { type MonthFile, seriesDir, seriesIn, sha256 } from '../manifest.ts'
import type { Bucket, ListedObject, ObjectState, Precondition, Version } from './bucket.ts'
import { CacheFolder } from './cache-folder.ts'
import type { StoreUrl } from './store-url.ts'

/** Requests at a time. */
const SIDE_BY_SIDE = 12
const MANIFEST = 'manifest.json'

/** A store in a bucket, and the folder of this machine that keeps what was read of it. Names are paths in the store. */
export class Remote {
  readonly url: StoreUrl
  readonly cache: CacheFolder
  readonly #open: () => Promise<Bucket>
  #bucket: Promise<Bucket> | null = null
  /** Months on their way: several loads may want the same. */
  readonly #coming = new Map<string, Promise<void>>()

  constructor(url: StoreUrl, cache: string, open: () => Promise<Bucket>) {
    this.url = url
    this.cache = new CacheFolder(cache)
    this.#open = open
  }

  /** Opens the bucket and asks for one object of it: a missing bucket and a missing object are not told apart later. */
  async ready(): Promise<Bucket> {
    this.#bucket ??= this.#open().then(async (bucket) => {
      await bucket.list(this.url.prefix, 1)
      makeFolder(this.cache.dir)
      return bucket
    })
    try {
      return await this.#bucket
    } catch (error) {
      this.#bucket = null
      throw error
    }
  }

  async get(name: string): Promise<ObjectState | null> {
    return (await this.ready()).get(this.#key(name))
  }

  async put(name: string, bytes: Uint8Array, precondition?: Precondition): Promise<Version | null> {
    return (await this.ready()).put(this.#key(name), bytes, precondition)
  }

  async delete(name: string): Promise<void> {
    await (await this.ready()).delete(this.#key(name))
  }

  /** What lies below a path of the store; keys are paths in it. */
  async list(path: string): Promise<readonly ListedObject[]> {
    const { prefix } = this.url
    const found = await (await this.ready()).list(this.#key(path))
    return found.map((object) => ({ ...object, key: object.key.slice(prefix.length) }))
  }

  /** How an object is called in errors. */
  named(name: string): string {
    return `${this.url.text}/${name}`
  }

  /** Brings the manifest of a series, or takes the one that is here away, where there is none any more. */
  async pullManifest(series: Series): Promise<void> {
    const name = nameOf(series, MANIFEST)
    const state = await this.get(name)
    if (state === null) this.cache.remove(name)
    else this.#keepManifest(name, state)
  }

  /** Brings all manifests that are not here as they are now. */
  async pullManifests(onDamaged: (error: Error, series: string) => void): Promise<void> {
    const found = (await this.list('')).filter(({ key }) => isManifest(key))
    const names = new Set(found.map(({ key }) => key))
    for (const name of this.#heldManifests()) if (!names.has(name)) this.cache.remove(name)
    await this.#pull(found, (name, state) => {
      try {
        this.#keepManifest(name, state)
      } catch (error) {
        this.cache.remove(name)
        onDamaged(error as Error, seriesIn(name))
      }
    })
  }

  /** Brings what is stored of a symbol beside its bars; the names of it. */
  async pullSymbol(venue: Venue, symbol: string): Promise<readonly string[]> {
    const folders = ['instruments', 'tiers'].map((kind) => `${kind}/${venue}/${symbol}/`)
    const places = [...folders, `funding/${venue}/${symbol}.csv`]
    const found = (await Promise.all(places.map((place) => this.list(place)))).flat()
    const names = new Set(found.map(({ key }) => key))
    const held = folders.flatMap((folder) => namesIn(this.cache.path(folder)).map((name) => `${folder}${name}`))
    for (const name of [...held, places[2]!]) if (!names.has(name)) this.cache.remove(name)
    await this.#pull(found, (name, { bytes, version }) => this.cache.write(name, bytes, version))
    return [...names].filter((name) => existsSync(this.cache.path(name)))
  }

  /** Brings a month that is not here yet. */
  async pullMonth(series: Series, file: MonthFile): Promise<void> {
    const name = nameOf(series, file.file)
    if (existsSync(this.cache.path(name))) return
    const coming = this.#coming.get(name) ?? this.#fetchMonth(name, file).finally(() => this.#coming.delete(name))
    this.#coming.set(name, coming)
    await coming
  }

  async pullMonths(series: Series, files: readonly MonthFile[]): Promise<void> {
    await sideBySide(files, (file) => this.pullMonth(series, file))
  }

  /** Reads months again from the bucket and says what is wrong with them. */
  async damagedMonths(series: Series, files: readonly MonthFile[]): Promise<readonly string[]> {
    const faults: string[] = []
    await sideBySide(files, async (file) => {
      const state = await this.get(nameOf(series, file.file))
      if (state === null) faults.push(`${file.file} is missing`)
      else if (sha256(state.bytes) !== file.sha256)
        faults.push(`${file.file} is not what was written: its sha256 differs from the manifest`)
    })
    return faults.sort()
  }

  async #fetchMonth(name: string, file: MonthFile): Promise<void> {
    const state = await this.get(name)
    if (state === null)
      throw new DataError(
        `${this.named(name)}: the manifest names it but it is missing; restore it, or delete the series there and import it again`,
      )
    if (sha256(state.bytes) !== file.sha256)
      throw new DataError(
        `${this.named(name)}: is not what was written: its sha256 is ${sha256(state.bytes).slice(0, 12)}…, the manifest says ${file.sha256.slice(0, 12)}…; restore it, or delete the series there and import it again`,
      )
    this.cache.write(name, state.bytes)
  }

  async #pull(found: readonly ListedObject[], keep: (name: string, state: ObjectState) => void): Promise<void> {
    const wanted = found.filter(({ key, version }) => !this.cache.has(key, version))
    await sideBySide(wanted, async ({ key }) => {
      const state = await this.get(key)
      if (state !== null) keep(key, state)
    })
    if (wanted.length > 0) this.cache.remember()
  }

  #keepManifest(name: string, { bytes, version }: ObjectState): void {
    try {
      JSON.parse(Buffer.from(bytes).toString('utf8'))
    } catch (error) {
      throw new DataError(
        `${this.named(name)}: is not a manifest (${(error as Error).message}); restore it, or delete the series there and import again`,
      )
    }
    this.cache.write(name, bytes, version)
  }

  #heldManifests(): string[] {
    const { dir } = this.cache
    if (!existsSync(dir)) return []
    const below = (path: string) => namesIn(join(dir, path)).map((name) => (path === '' ? name : `${path}/${name}`))
    return below('').flatMap(below).flatMap(below).flatMap(below).filter(isManifest)
  }

  #key(name: string): string {
    return `${this.url.prefix}${name}`
  }
}

/** The path of a file of a series in the store, with the slashes of keys. */
export function nameOf(series: Series, file: string): string {
  return `${seriesDir('', series).replaceAll('\\', '/')}/${file}`
}

function isManifest(name: string): boolean {
  const parts = name.split('/')
  return parts.length === 4 && parts[3] === MANIFEST
}

/** Names in a folder; none where it is no folder. */
function namesIn(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

/** Some work on each, several at a time; the first failure ends it. */
export async function sideBySide<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const waiting = [...all]
  const next = async () => {
    try {
      for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await work(one)
    } catch (error) {
      waiting.length = 0
      throw error
    }
  }
  await Promise.all(Array.from({ length: Math.min(SIDE_BY_SIDE, all.length) }, next))
}
