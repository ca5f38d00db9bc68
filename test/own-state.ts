import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'
import { whenFileEnds } from './endings.ts'

// sessions of the tests hold their accounts beside one another, and not beside those of whoever runs the tests
const folder = join(tmpdir(), `klinelab-state-${process.pid}-${threadId}`)
process.env['XDG_STATE_HOME'] = folder
whenFileEnds(() => rmSync(folder, { recursive: true, force: true }))
