/**
 * FOLIO: whether a conclusion follows from premises in natural language. Han et al. 2022, arXiv:2209.00840. The formulas that
 * were published with the sentences are an answer key in another form, so no method sees them.
 */
import type { DatasetEntry, DatasetSource, HubLocation } from '../core/catalog-entry.ts';
import type { Choice, Dataset, Problem } from '../core/problem.ts';
import { multipleChoice } from '../verifiers/multiple-choice.ts';
import type { Cells } from './parts/cells.ts';
import { lettered, renderChoices } from './parts/cells.ts';
import { publishedDataset } from './parts/published.ts';
import { rowSource } from './parts/row-source.ts';

const location: HubLocation = { id: 'yale-nlp/FOLIO', config: 'default', splits: ['train', 'validation'] };

const CHOICES: readonly Choice[] = lettered(['True', 'False', 'Uncertain']);
/** One label has two names among the copies in circulation. */
const LABELS: Readonly<Record<string, string>> = { true: 'A', false: 'B', uncertain: 'C', unknown: 'C' };

/** FOLIO from a local file or folder, else from the hub. */
export function folio(source: DatasetSource = {}): Dataset<Problem<string>> {
  return publishedDataset({
    name: 'folio',
    rows: rowSource(source, location),
    verifier: multipleChoice(),
    toProblem(cells) {
      const label = cells.text('label').trim().toLowerCase();
      const reference = Object.hasOwn(LABELS, label) ? LABELS[label] : undefined;
      if (reference === undefined)
        throw cells.error(`the label "${label}" is none of True, False and Uncertain`);
      const stem = `${premisesOf(cells)}\nIs the following statement true, false or uncertain? ${cells.text('conclusion')}`;
      return {
        messages: [{ role: 'user', text: renderChoices(stem, CHOICES) }],
        answerKind: 'choice',
        choices: CHOICES,
        reference,
      };
    },
  });
}

/** Premises come as a list of sentences, or as one text with a sentence a line. */
function premisesOf(cells: Cells): string {
  const value = cells.optional('premises');
  if (Array.isArray(value) && value.every((one) => typeof one === 'string'))
    return value.map((one) => one.trim()).join(' ');
  return cells.text('premises').split('\n').join(' ');
}

export const entry: DatasetEntry = {
  name: 'folio',
  summary: 'does a conclusion follow from premises? true, false or uncertain (204 validation)',
  aliases: [],
  hub: location,
  columns: ['premises', 'conclusion', 'label'],
  options: {},
  build: (_options, source) => folio(source),
};
