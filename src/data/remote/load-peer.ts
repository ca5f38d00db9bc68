import { DataError } from '../data-error.ts'

/** Imports a package by name; tests hand in what stands for one. */
export type ImportPeer = (name: string) => Promise<unknown>

const importPeer: ImportPeer = (name) => import(name)

/**
 * Loads an optional package only when a store asks for it.
 * @throws DataError that says how it is installed, where it is not there
 */
export async function loadPeer(name: string, url: string, load: ImportPeer = importPeer): Promise<unknown> {
  try {
    return await load(name)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${name}'`)
    throw new DataError(
      isMissing
        ? `${url}: a store there needs the package ${name}, which is not installed: npm install ${name}`
        : `${url}: the package ${name} cannot be loaded (${message.split('\n')[0]}); install it again: npm install ${name}`,
    )
  }
}
