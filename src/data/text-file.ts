import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { DataError, NotFoundError } from './data-error.ts'

/** A text file, gzipped or not, told apart by its first byte. @throws NotFoundError */
export function readText(file: string): string {
  if (!existsSync(file)) throw new NotFoundError(`${file}: there is no such file`)
  const raw = readFileSync(file)
  return raw[0] === 0x1f ? gunzipSync(raw).toString('utf8') : raw.toString('utf8')
}

/** A saved answer of an exchange. @throws NotFoundError, DataError where it is no JSON */
export function readJson(file: string): unknown {
  const text = readText(file)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new DataError(`${file}: is no JSON (${(error as Error).message})`)
  }
}
