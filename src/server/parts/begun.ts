import { KEEP_ALIVE_MILLISECONDS } from './limits.ts';

/**
 * The same events, once the first has come: whatever fails before it then has the status it deserves. It is not waited for
 * longer than a client may go without a sign of life.
 */
export async function begun<T>(events: AsyncGenerator<T>): Promise<AsyncIterable<T>> {
  const first = events.next();
  await new Promise<void>((resolve, reject) => {
    const patience = setTimeout(resolve, KEEP_ALIVE_MILLISECONDS);
    first.then(() => resolve(), reject).finally(() => clearTimeout(patience));
  });
  let taken = false;
  const iterator: AsyncIterator<T> = {
    next() {
      if (taken) return events.next();
      taken = true;
      return first;
    },
    return: () => events.return(undefined),
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
