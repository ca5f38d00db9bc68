import { afterAll } from 'vitest'
import { endFile } from './endings.ts'

// the runner reads this file anew for each file of tests
afterAll(endFile)
