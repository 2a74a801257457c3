/**
 * LogiQA: questions of a civil-service logic examination with 4 choices. Liu et al. 2020, arXiv:2007.08124.
 * The question is asked and answered in words, so scores are not comparable with rankings of the choices by likelihood.
 */
import type { DatasetEntry, DatasetSource, HubLocation } from '../core/catalog-entry.ts';
import { InputError } from '../core/errors.ts';
import type { Dataset, Problem } from '../core/problem.ts';
import { multipleChoice } from '../verifiers/multiple-choice.ts';
import type { Cells } from './parts/cells.ts';
import { renderChoices } from './parts/cells.ts';
import { fileLines } from './parts/json-lines.ts';
import { publishedDataset } from './parts/published.ts';
import { ROW_FILE_ENDINGS, readRows } from './parts/read-rows.ts';
import type { ReadOptions, Row } from './parts/row.ts';
import { rejectRow } from './parts/row.ts';
import { rowSource } from './parts/row-source.ts';

const location: HubLocation = {
  id: 'lucasmccabe/logiqa',
  config: 'default',
  splits: ['train', 'validation', 'test'],
};

/** LogiQA from the original text files or a mirror's table, else from the hub. */
export function logiqa(source: DatasetSource = {}): Dataset<Problem<string>> {
  return publishedDataset({
    name: 'logiqa',
    rows: rowSource(source, location, [...ROW_FILE_ENDINGS, '.txt']),
    verifier: multipleChoice(),
    readFile: (path, options) =>
      /\.txt(\.gz)?$/i.test(path) ? textRows(path, options) : readRows(path, options),
    toProblem(cells) {
      const choices = cells.choices('options', 'choices');
      const stem = `${cells.text('context', 'passage', 'text')}\n${cells.text('query', 'question')}`;
      return {
        messages: [{ role: 'user', text: renderChoices(stem, choices) }],
        answerKind: 'choice',
        choices,
        reference: readKey(
          cells,
          choices.map((choice) => choice.label),
        ),
      };
    },
  });
}

/** Mirrors give the index from 0, or the letter. */
function readKey(cells: Cells, labels: readonly string[]): string {
  const key = cells.text('correct_option', 'label', 'answer');
  const label = labels[/^\d$/.test(key) ? Number(key) : labels.indexOf(key.toUpperCase())];
  if (label === undefined) throw cells.error(`the key "${key}" is none of the ${labels.length} choices`);
  return label;
}

const KEY = /^[a-d]$/i;

/** The original layout: an empty line, the letter of the key, context, question, and four lettered choices. */
async function* textRows(path: string, options: ReadOptions): AsyncGenerator<Row> {
  const decoder = new TextDecoder();
  let block: string[] = [];
  let first = 1;
  const reject = (reason: string) => rejectRow({ file: path, line: first, reason }, options);
  for await (const { bytes, line } of fileLines(path, options)) {
    const text = decoder.decode(bytes).trim();
    if (text === '') continue;
    if (KEY.test(text)) {
      if (block.length > 0) reject('the question ends before its four choices');
      block = [];
      first = line;
    } else if (block.length === 0) {
      first = line;
      reject(`"${text.slice(0, 20)}" is no letter from a to d`);
      continue;
    }
    block.push(text);
    if (block.length < 7) continue;
    const [label, context, question, ...choices] = block;
    block = [];
    yield {
      line: first,
      cells: new Map<string, unknown>([
        ['label', label],
        ['context', context],
        ['question', question],
        ['options', withoutLetters(choices)],
      ]),
    };
  }
  if (block.length > 0)
    throw new InputError(`${path} ends inside the question of line ${first}; fetch it again`);
}

/** Takes `A.` off, and a bare `A` only where every choice has one: "A dog" is a choice too. */
function withoutLetters(choices: readonly string[]): readonly string[] {
  const led = (separators: string) =>
    choices.map(
      (choice, index) => new RegExp(`^${'ABCD'[index]}${separators}\\s*`, 'i').exec(choice)?.[0].length ?? 0,
    );
  const dotted = led('[.．、:)]');
  const bare = led('[.．、:)\\s]');
  const cut = bare.every((length) => length > 0) ? bare : dotted;
  return choices.map((choice, index) => choice.slice(cut[index]));
}

export const entry: DatasetEntry = {
  name: 'logiqa',
  summary: 'logic questions of a civil-service examination, multiple choice (651 test)',
  aliases: [],
  hub: location,
  columns: ['context', 'query', 'options', 'correct_option'],
  options: {},
  build: (_options, source) => logiqa(source),
};
