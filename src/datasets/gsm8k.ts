/**
 * GSM8K: grade-school word problems with whole-number answers. Cobbe et al. 2021, arXiv:2110.14168.
 * 7,473 train and 1,319 test problems; the key is what follows `####` in the published solution.
 */
import type { DatasetEntry, DatasetSource, HubLocation } from '../core/catalog-entry.ts';
import type { Dataset, Problem } from '../core/problem.ts';
import { mathEquivalence } from '../verifiers/math-equivalence.ts';
import { publishedDataset } from './parts/published.ts';
import { rowSource } from './parts/row-source.ts';

const location: HubLocation = { id: 'openai/gsm8k', config: 'main', splits: ['train', 'test'] };

/** GSM8K from a local file or folder, else from the hub. */
export function gsm8k(source: DatasetSource = {}): Dataset<Problem<string>> {
  return publishedDataset({
    name: 'gsm8k',
    rows: rowSource(source, location),
    verifier: mathEquivalence(),
    toProblem(cells) {
      const solution = cells.text('answer');
      const marker = solution.lastIndexOf('####');
      if (marker < 0) throw cells.error('column answer has no #### before the result');
      return {
        messages: [{ role: 'user', text: cells.text('question') }],
        answerKind: 'number',
        reference: solution
          .slice(marker + 4)
          .replaceAll(',', '')
          .trim(),
      };
    },
  });
}

export const entry: DatasetEntry = {
  name: 'gsm8k',
  summary: 'grade-school word problems, whole-number answers (1,319 test)',
  aliases: [],
  hub: location,
  columns: ['question', 'answer'],
  options: {},
  build: (_options, source) => gsm8k(source),
};
