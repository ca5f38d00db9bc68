import { join } from 'node:path'
import type { ParityDocument } from '../../core/parity.ts'
import { writeAtomic } from '../../data/index.ts'
import { parityPage } from '../../report/parity-section.ts'
import { folderError } from '../write-folder.ts'

/** Writes `parity.json`, which `klinelab promote` reads, and its page into the session's folder. */
export function writeParity(dir: string, document: ParityDocument): string {
  const page = join(dir, 'parity.html')
  try {
    writeAtomic(join(dir, 'parity.json'), `${JSON.stringify(document, null, 1)}\n`)
    writeAtomic(page, parityPage(document))
  } catch (error) {
    throw folderError(dir, error)
  }
  return page
}
