import type { Learner } from './learner.ts';

/** Remembers weights and moments, and gives the function that puts them back. */
export function remember({ state: { weights, moments } }: Learner): () => void {
  const copies = [weights, moments.first, moments.second].flatMap((tensors) =>
    Object.values(tensors).map(({ data }) => ({ data, kept: data.slice() })),
  );
  return () => {
    for (const { data, kept } of copies) data.set(kept);
  };
}
