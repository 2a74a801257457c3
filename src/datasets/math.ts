/**
 * MATH-500: competition mathematics with LaTeX answers. Hendrycks et al. 2021, arXiv:2103.03874; the 500 test problems of
 * Lightman et al. 2023, arXiv:2305.20050. Files of the whole MATH read as well, train split included.
 */
import { extractAnswer } from '../core/answer.ts';
import type { DatasetEntry, DatasetSource, HubLocation } from '../core/catalog-entry.ts';
import type { Dataset, Problem } from '../core/problem.ts';
import { mathEquivalence } from '../verifiers/math-equivalence.ts';
import { publishedDataset } from './parts/published.ts';
import { rowSource } from './parts/row-source.ts';

const location: HubLocation = { id: 'HuggingFaceH4/MATH-500', config: 'default', splits: ['test'] };

/** MATH from a local file or folder, else MATH-500 from the hub. The key is `answer`, or the last box of `solution`. */
export function math(source: DatasetSource = {}): Dataset<Problem<string>> {
  return publishedDataset({
    name: 'math',
    rows: rowSource(source, location),
    verifier: mathEquivalence(),
    toProblem(cells) {
      const reference =
        cells.optionalText('answer') ?? extractAnswer(cells.text('solution'), { answerKind: 'math' });
      if (reference === null) throw cells.error('column solution has no \\boxed{} with the result');
      const key = cells.optionalText('unique_id');
      return {
        ...(key !== undefined && { key }),
        messages: [{ role: 'user', text: cells.text('problem') }],
        answerKind: 'math',
        reference,
      };
    },
  });
}

export const entry: DatasetEntry = {
  name: 'math',
  summary: 'competition mathematics, LaTeX answers (MATH-500)',
  aliases: ['math-500', 'math500'],
  hub: location,
  columns: ['problem', 'solution', 'answer', 'subject', 'level', 'unique_id'],
  options: {},
  build: (_options, source) => math(source),
};
