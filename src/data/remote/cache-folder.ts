import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeFolder } from '../make-folder.ts'
import { sha256, writeAtomic } from '../manifest.ts'
import type { Version } from './bucket.ts'

/** Which version of an object a file is; the hash tells whether it still is. */
type Known = Record<string, { readonly version: Version; readonly sha256: string }>

const VERSIONS = '.versions.json'

/** A folder with the layout of a store in which objects of a bucket are kept once they were read. */
export class CacheFolder {
  readonly dir: string
  #known: Known | null = null

  constructor(dir: string) {
    this.dir = dir
  }

  path(name: string): string {
    return join(this.dir, ...name.split('/'))
  }

  /** Whether a file is there, as the object is at that version. */
  has(name: string, version: Version): boolean {
    const known = this.#versions()[name]
    if (known?.version !== version) return false
    const path = this.path(name)
    return existsSync(path) && sha256(readFileSync(path)) === known.sha256
  }

  write(name: string, bytes: Uint8Array, version?: Version): void {
    const path = this.path(name)
    makeFolder(dirname(path))
    writeAtomic(path, bytes)
    if (version !== undefined) this.#versions()[name] = { version, sha256: sha256(bytes) }
  }

  /** Takes a whole file over under a name. */
  adopt(name: string, file: string): void {
    makeFolder(dirname(this.path(name)))
    renameSync(file, this.path(name))
  }

  remove(name: string): void {
    rmSync(this.path(name), { force: true })
    delete this.#versions()[name]
  }

  /** Keeps what is known of versions for the next process; where two do, one reads some objects again. */
  remember(): void {
    writeAtomic(join(this.dir, VERSIONS), JSON.stringify(this.#versions()))
  }

  #versions(): Known {
    if (this.#known !== null) return this.#known
    try {
      this.#known = JSON.parse(readFileSync(join(this.dir, VERSIONS), 'utf8')) as Known
    } catch {
      // not there yet, or not ours: everything is read anew
      this.#known = {}
    }
    return this.#known
  }
}
