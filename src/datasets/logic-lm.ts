/**
 * Logic problems in the layout of Logic-LM (Pan et al. 2023, arXiv:2305.12295), which holds ProntoQA, ProofWriter, FOLIO,
 * LogicalDeduction and AR-LSAT alike: a context, a question about it and lettered options. There is no copy of it on the hub:
 * give the file.
 */
import type { DatasetEntry, DatasetSource } from '../core/catalog-entry.ts';
import { InputError } from '../core/errors.ts';
import type { Choice, Dataset, Problem } from '../core/problem.ts';
import { multipleChoice } from '../verifiers/multiple-choice.ts';
import type { Cells } from './parts/cells.ts';
import { renderChoices } from './parts/cells.ts';
import { publishedDataset } from './parts/published.ts';
import { rowSource } from './parts/row-source.ts';

/** Logic problems from a local file or a folder with a file per split. Throws InputError without a path. */
export function logicLm(source: DatasetSource = {}): Dataset<Problem<string>> {
  if (source.path === undefined)
    throw new InputError('The dataset logic-lm needs a file of Logic-LM; write logic-lm:<path to dev.json>');
  return publishedDataset({
    name: 'logic-lm',
    rows: rowSource(source, { id: '', config: '', splits: [] }),
    verifier: multipleChoice(),
    toProblem(cells) {
      const choices = choicesOf(cells);
      const reference = cells.text('answer').trim().toUpperCase();
      if (!choices.some(({ label }) => label === reference))
        throw cells.error(`the key "${reference}" is none of the ${choices.length} options`);
      const key = cells.optionalText('id');
      return {
        ...(key !== undefined && { key }),
        messages: [
          {
            role: 'user',
            text: renderChoices(`${cells.text('context')}\n${cells.text('question')}`, choices),
          },
        ],
        answerKind: 'choice',
        choices,
        reference,
      };
    },
  });
}

/** Options are texts that begin with their letter: `A) True`. */
function choicesOf(cells: Cells): readonly Choice[] {
  return cells.choices('options').map(({ label, text }) => {
    const [prefix, letter] = /^([A-Z])\)\s*/.exec(text) ?? [];
    return prefix === undefined || letter === undefined
      ? { label, text }
      : { label: letter, text: text.slice(prefix.length).trim() };
  });
}

export const entry: DatasetEntry = {
  name: 'logic-lm',
  summary: 'ProntoQA, ProofWriter, FOLIO or LogicalDeduction from a file of Logic-LM',
  aliases: ['prontoqa', 'proofwriter', 'logical-deduction'],
  columns: ['id', 'context', 'question', 'options', 'answer'],
  options: {},
  build: (_options, source) => logicLm(source),
};
