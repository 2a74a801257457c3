import { KEEP_ALIVE_MILLISECONDS } from './limits.ts';

/**
 * The same events, once the first has come: whatever fails before it then has the status it deserves. It is not waited for
 * longer than a client may go without a sign of life.
 */
export async function begun<T>(events: AsyncGenerator<T>): Promise<AsyncGenerator<T>> {
  const first = events.next();
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, KEEP_ALIVE_MILLISECONDS);
  });
  try {
    await Promise.race([first, patience]);
  } finally {
    clearTimeout(timer);
  }
  return resumed(first, events);
}

async function* resumed<T>(first: Promise<IteratorResult<T>>, rest: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    const event = await first;
    if (event.done) return;
    yield event.value;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}
