import { MissingPackageError } from '../core/errors.ts';

/** Loads an optional package when it is first needed. Throws MissingPackageError, which says what to install. */
export async function loadPackage<T>(name: string, feature: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND')
      throw new MissingPackageError(name, feature, cause);
    throw cause;
  }
}
