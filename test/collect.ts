import type { Dataset, LoadOptions, Problem, Split } from '../src/core/problem.ts';

/** Every problem of a split, in order. */
export async function collect<P extends Problem>(
  dataset: Dataset<P>,
  split: Split,
  options: LoadOptions = {},
): Promise<P[]> {
  const problems: P[] = [];
  for await (const problem of dataset.load(split, options)) problems.push(problem);
  return problems;
}
