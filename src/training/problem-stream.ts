import { InputError } from '../core/errors.ts';
import type { Dataset, Problem } from '../core/problem.ts';

/** The training problems of a dataset without end: after the last row comes the first again. */
export interface ProblemStream<P extends Problem> {
  take(count: number): Promise<readonly P[]>;
  /** Problems given so far, over all passes; opening a stream `from` here continues it. */
  readonly cursor: number;
  close(): Promise<void>;
}

/** Opens the stream, in the dataset's own order. Throws InputError for a dataset without train split, or with an empty one. */
export function problemStream<P extends Problem>(
  dataset: Dataset<P>,
  { from = 0, signal }: { readonly from?: number; readonly signal?: AbortSignal } = {},
): ProblemStream<P> {
  if (!dataset.splits.includes('train'))
    throw new InputError(
      `Dataset ${dataset.name} has no train split, only ${dataset.splits.join(', ')}; train on another one`,
    );
  const open = (): AsyncIterator<P> =>
    dataset.load('train', signal ? { signal } : {})[Symbol.asyncIterator]();
  let rows = open();
  let cursor = 0;
  let inPass = 0;

  async function next(): Promise<P> {
    for (;;) {
      const { done, value } = await rows.next();
      if (!done) {
        cursor++;
        inPass++;
        return value;
      }
      if (inPass === 0) throw new InputError(`Dataset ${dataset.name} has an empty train split`);
      inPass = 0;
      rows = open();
    }
  }

  return {
    take: async (count) => {
      while (cursor < from) await next();
      const problems: P[] = [];
      while (problems.length < count) problems.push(await next());
      return problems;
    },
    get cursor() {
      return Math.max(cursor, from);
    },
    close: async () => {
      await rows.return?.();
    },
  };
}
