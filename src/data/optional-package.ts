/** Imports a package by name; tests hand in what stands for one. */
export type ImportPackage = (name: string) => Promise<unknown>

export const importPackage: ImportPackage = (name) => import(name)

/** Whether an import failed because that very package is not there, and not because of something within it. */
export function isMissing(error: unknown, name: string): boolean {
  const { code, message } = error as NodeJS.ErrnoException
  const isNotFound = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
  return isNotFound && new RegExp(`(package|module) '${name}'`).test(message)
}
