import { InputError } from '../../core/errors.ts';
import type { AnswerKind } from '../../core/problem.ts';
import { Cells } from './cells.ts';
import type { Row } from './row.ts';

/** Which column is what. */
export interface TableColumns {
  readonly question?: string;
  readonly answer?: string;
  readonly id?: string;
  readonly choices?: string;
}

/** How a table is read: its columns, the kind of its answers, and where in a cell the answer stands. */
export interface TableMapping extends TableColumns {
  readonly question: string;
  readonly answer: string;
  readonly kind: Exclude<AnswerKind, 'expression'>;
  readonly read: AnswerReading;
}

/** Where the answer stands: the whole cell, after `####`, in the last box, or as the place of a choice. */
export type AnswerReading = 'as it is' | 'after ####' | 'in the last box' | 'index from 0' | 'index from 1';

/** Rows to guess from, with the file they came from. */
export interface Sample {
  readonly file: string;
  readonly rows: readonly Row[];
}

/** Usual names, the likeliest first. Compared in lower case. */
const USUAL: { readonly [Column in keyof TableColumns]-?: readonly string[] } = {
  question: ['question', 'problem', 'prompt', 'query', 'input', 'instruction'],
  answer: [
    'answer',
    'final_answer',
    'answerkey',
    'solution',
    'target',
    'output',
    'reference',
    'reference_answer',
    'ground_truth',
    'expected',
    'gold',
    'label',
    'correct_option',
  ],
  choices: ['choices', 'options'],
  id: ['id', '_id', 'unique_id', 'question_id', 'qid', 'uuid'],
};

/** The mapping of a table from what is said of it and, for the rest, from usual names and the first rows. */
export function guessMapping(
  { file, rows }: Sample,
  given: TableColumns,
  kind: AnswerKind | undefined,
): TableMapping {
  const names = [...new Set(rows.flatMap((row) => [...row.cells.keys()]))];
  const listed = names.slice(0, 100).join(', ');
  for (const [role, name] of Object.entries(given)) {
    if (!Object.hasOwn(USUAL, role))
      throw new InputError(
        `"${role}" is no part of a question; name columns for ${Object.keys(USUAL).join(', ')}`,
      );
    if (name !== undefined && !names.includes(name))
      throw new InputError(`${file} has no column "${name}" for the ${role}; it has ${listed}`);
  }
  if (kind === 'expression')
    throw new InputError('A table cannot say which numbers an expression may use; take game-of-24 instead');
  const taken = new Set(Object.values(given));
  const guess = (role: keyof TableColumns): string | undefined =>
    given[role] ??
    USUAL[role].flatMap((usual) =>
      names.filter((name) => name.toLowerCase() === usual && !taken.has(name)),
    )[0];
  const question = guess('question');
  const answer = guess('answer');
  if (question === undefined || answer === undefined) {
    const role = question === undefined ? 'question' : 'answer';
    throw new InputError(`Which column of ${file} is the ${role}? It has ${listed}; name one in columns`);
  }
  const choices = guess('choices');
  const id = given.id ?? (isKey(rows, guess('id')) ? guess('id') : undefined);
  const cells = rows.map((row) => new Cells(row, file));
  const columns = {
    question,
    answer,
    ...(choices !== undefined && { choices }),
    ...(id !== undefined && { id }),
  };
  return { ...columns, ...guessAnswers(cells, columns, kind) };
}

/** Only a column that tells the sampled rows apart is taken for an id unasked. */
function isKey(rows: readonly Row[], name: string | undefined): boolean {
  if (name === undefined) return false;
  const values = rows.map((row) => row.cells.get(name));
  return (
    values.every((value) => typeof value === 'string' || typeof value === 'number') &&
    new Set(values.map(String)).size === values.length
  );
}

function guessAnswers(
  cells: readonly Cells[],
  { answer, choices }: { readonly answer: string; readonly choices?: string },
  given: Exclude<AnswerKind, 'expression'> | undefined,
): Pick<TableMapping, 'kind' | 'read'> {
  const answers = cells
    .map((row) => row.optional(answer))
    .filter((value) => typeof value === 'string' || typeof value === 'number')
    .map(String);
  const all = (test: (answer: string) => boolean) => answers.length > 0 && answers.every(test);
  if (given === 'choice' || (given === undefined && choices !== undefined)) {
    if (choices === undefined)
      throw new InputError(`Answers of kind choice need a column with the choices; name it in columns`);
    return { kind: 'choice', read: choiceReading(cells, answers, choices) };
  }
  const read: AnswerReading = all((text) => text.includes('####'))
    ? 'after ####'
    : all((text) => text.includes('\\boxed'))
      ? 'in the last box'
      : 'as it is';
  if (given !== undefined) return { kind: given, read };
  const bare =
    read === 'after ####' ? answers.map((text) => text.slice(text.lastIndexOf('####') + 4)) : answers;
  if (read !== 'in the last box' && bare.length > 0 && bare.every(isNumber)) return { kind: 'number', read };
  if (read === 'in the last box' || bare.some(hasLatex)) return { kind: 'math', read };
  return { kind: 'text', read };
}

/** Keys of choices are labels or texts, unless they are whole numbers that are no labels: then places. */
function choiceReading(cells: readonly Cells[], answers: readonly string[], column: string): AnswerReading {
  const labels = new Set<string>();
  let most = 0;
  for (const row of cells) {
    if (row.optional(column) === undefined) continue;
    const choices = row.choices(column);
    most = Math.max(most, choices.length);
    for (const { label, text } of choices) labels.add(label).add(text);
  }
  if (!answers.every((answer) => /^\d+$/.test(answer)) || answers.every((answer) => labels.has(answer)))
    return 'as it is';
  return answers.includes('0') || !answers.includes(String(most)) ? 'index from 0' : 'index from 1';
}

function isNumber(text: string): boolean {
  return /^\s*[-+]?[$€£]?\s?\d[\d,]{0,30}(?:\.\d{1,30})?(?:\/\d{1,30})?\s?%?\s*$/.test(text);
}

function hasLatex(text: string): boolean {
  return /\\[a-zA-Z]{2}|\$[^$]{1,200}\$|[_^]\{/.test(text);
}
