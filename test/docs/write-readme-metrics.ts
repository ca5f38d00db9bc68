/** `npm run docs`: writes the tables of figures into README.md. */
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { withMetrics } from './metrics-markdown.ts'

const file = resolve(import.meta.dirname, '..', '..', 'README.md')
writeFileSync(file, withMetrics(readFileSync(file, 'utf8')))
