/**
 * ARC: grade-school science questions with 3 to 5 choices. Clark et al. 2018, arXiv:1803.05457.
 * The question is asked and answered in words, so scores are not comparable with rankings of the choices by likelihood.
 */
import type { DatasetEntry, DatasetSource, HubLocation } from '../core/catalog-entry.ts';
import type { Choice, Dataset, Problem } from '../core/problem.ts';
import { multipleChoice } from '../verifiers/multiple-choice.ts';
import type { Cells } from './parts/cells.ts';
import { lettered, renderChoices } from './parts/cells.ts';
import { publishedDataset } from './parts/published.ts';
import { rowSource } from './parts/row-source.ts';

export interface ArcOptions extends DatasetSource {
  readonly set?: 'challenge' | 'easy'; // which folder, of the hub or of `path`
}

const location = (set: 'challenge' | 'easy'): HubLocation => ({
  id: 'allenai/ai2_arc',
  config: set === 'easy' ? 'ARC-Easy' : 'ARC-Challenge',
  splits: ['train', 'validation', 'test'],
});

/** ARC from a local file or folder, else from the hub. */
export function arc({ set = 'challenge', ...source }: ArcOptions = {}): Dataset<Problem<string>> {
  return publishedDataset({
    name: `arc-${set}`,
    rows: rowSource(source, location(set)),
    verifier: multipleChoice(),
    toProblem(cells) {
      const { stem, choices, reference } = readQuestion(cells);
      if (!choices.some((choice) => choice.label === reference))
        throw cells.error(
          `the key "${reference}" is none of the labels ${choices.map((one) => one.label).join(', ')}`,
        );
      const key = cells.optionalText('id');
      return {
        ...(key !== undefined && { key }),
        messages: [{ role: 'user', text: renderChoices(stem, choices) }],
        answerKind: 'choice',
        choices,
        reference,
      };
    },
  });
}

interface Read {
  readonly stem: string;
  readonly choices: readonly Choice[];
  readonly reference: string;
}

/** The three layouts in use: as published, `query` with a `gold` index, and an instruction that spells everything out. */
function readQuestion(cells: Cells): Read {
  if (cells.optional('answerKey') !== undefined)
    return {
      stem: cells.text('question'),
      choices: cells.choices('choices'),
      reference: cells.text('answerKey'),
    };
  if (cells.optional('query') !== undefined) {
    const choices = cells.choices('choices');
    const label = choices[Number(cells.text('gold'))]?.label;
    if (label === undefined) throw cells.error(`gold is no index of the ${choices.length} choices`);
    return { stem: cells.text('query').replace(/^Question: /, ''), choices, reference: label };
  }
  return readInstruction(cells);
}

function readInstruction(cells: Cells): Read {
  const [, stem, options] =
    /^Please choose the correct answer to the question: (.*)\n\nAnswer1: (.*)\n\nAnswer format: [a-z0-9/]+\s*$/s.exec(
      cells.text('instruction', 'answerKey'),
    ) ?? [];
  if (stem === undefined || options === undefined)
    throw cells.error('column instruction does not hold a question with Answer1: … in it');
  const choices = lettered(options.split(/ Answer[2-9]: /));
  const label = choices[Number(/^answer([1-9])$/.exec(cells.text('answer'))?.[1]) - 1]?.label;
  if (label === undefined) throw cells.error(`column answer names none of the ${choices.length} choices`);
  return { stem, choices, reference: label };
}

export const entry: DatasetEntry = {
  name: 'arc',
  summary: 'grade-school science, multiple choice (1,172 test in the challenge set, 2,376 in the easy one)',
  aliases: ['arc-challenge'],
  hub: location('challenge'),
  columns: ['id', 'question', 'choices', 'answerKey'],
  options: {
    set: { summary: 'which of the two sets', type: ['challenge', 'easy'], default: 'challenge' },
  },
  build: (options, source) => arc({ ...source, set: options.set === 'easy' ? 'easy' : 'challenge' }),
};
