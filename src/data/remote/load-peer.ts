import { DataError } from '../data-error.ts'
import { type ImportPackage, importPackage, isMissing } from '../optional-package.ts'

/**
 * Loads an optional package only when a store asks for it.
 * @throws DataError that says how it is installed, where it is not there
 */
export async function loadPeer(name: string, url: string, load: ImportPackage = importPackage): Promise<unknown> {
  try {
    return await load(name)
  } catch (error) {
    throw new DataError(
      isMissing(error, name)
        ? `${url}: a store there needs the package ${name}, which is not installed: npm install ${name}`
        : `${url}: the package ${name} cannot be loaded (${(error as Error).message.split('\n')[0]}); install it again: npm install ${name}`,
    )
  }
}
