import { extractAnswer } from '../../core/answer.ts';
import type { Message } from '../../core/model.ts';
import type { Choice, Problem } from '../../core/problem.ts';
import type { Cells } from './cells.ts';
import { renderChoices } from './cells.ts';
import type { TableMapping } from './guess-mapping.ts';
import { ownField } from './row.ts';

type TableProblem = Omit<Problem<string | readonly string[]>, 'id'> & { readonly key?: string };

const TURNS_LIMIT = 1_000;

/** The problem of a row of a table. Throws InputError for a row without question or answer. */
export function tableProblem(cells: Cells, mapping: TableMapping): TableProblem {
  const { question, answer, choices: choicesColumn, id, kind } = mapping;
  const choices = kind === 'choice' && choicesColumn !== undefined ? cells.choices(choicesColumn) : undefined;
  return {
    ...(id !== undefined && { key: cells.text(id) }),
    messages: readMessages(cells, question, choices),
    answerKind: kind,
    ...(choices && { choices }),
    reference: choices ? readKey(cells, mapping, choices) : readReference(cells, answer, mapping),
  };
}

/** A text, or a conversation that ends with the user's turn. */
function readMessages(
  cells: Cells,
  column: string,
  choices: readonly Choice[] | undefined,
): readonly Message[] {
  const value = cells.optional(column);
  const render = (text: string) => (choices ? renderChoices(text, choices) : text);
  if (!Array.isArray(value)) {
    const text = cells.text(column);
    if (text.trim() === '') throw cells.error(`column ${column} is empty`);
    return [{ role: 'user', text: render(text) }];
  }
  const turns = value.slice(0, TURNS_LIMIT).map((turn): Message => {
    const role = ownField(turn, 'role');
    const text = ownField(turn, 'content');
    if (!(role === 'system' || role === 'user' || role === 'assistant') || typeof text !== 'string')
      throw cells.error(`column ${column} holds a turn without role and content`);
    return { role, text };
  });
  const last = turns.at(-1);
  if (last?.role !== 'user')
    throw cells.error(`the conversation in column ${column} does not end with the user`);
  return [...turns.slice(0, -1), { ...last, text: render(last.text) }];
}

function readReference(
  cells: Cells,
  column: string,
  { read, kind }: TableMapping,
): string | readonly string[] {
  const value = cells.optional(column);
  if (
    kind === 'text' &&
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((one) => typeof one === 'string')
  )
    return value; // any of these is right
  const text = cells.text(column);
  const reference =
    read === 'after ####'
      ? text.slice(text.lastIndexOf('####') + 4)
      : read === 'in the last box'
        ? (extractAnswer(text, { answerKind: 'math' }) ?? '')
        : text;
  if (reference.trim() === '') throw cells.error(`column ${column} holds no answer`);
  return reference.trim();
}

function readKey(cells: Cells, { answer, read }: TableMapping, choices: readonly Choice[]): string {
  const key = cells.text(answer).trim();
  const named =
    read === 'as it is'
      ? (choices.find((choice) => choice.label === key) ??
        choices.find((choice) => choice.label.toLowerCase() === key.toLowerCase()) ??
        choices.find((choice) => choice.text.trim() === key))
      : choices[Number(key) - (read === 'index from 1' ? 1 : 0)];
  if (!named)
    throw cells.error(`the answer "${key.slice(0, 100)}" in column ${answer} names none of the choices`);
  return named.label;
}
