import { InputError } from '../../core/errors.ts';
import type { Choice } from '../../core/problem.ts';
import { ownField, type Row } from './row.ts';

/** Options of one multiple-choice question; labels beyond Z are not needed by any dataset. */
const CHOICES_LIMIT = 26;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** The cells of one row, read with their place in every error. Names are tried in order: mirrors differ. */
export class Cells {
  readonly #row: Row;
  readonly #file: string;

  constructor(row: Row, file: string) {
    this.#row = row;
    this.#file = file;
  }

  /** The first of these columns that is there and not null. */
  optional(...names: readonly string[]): unknown {
    for (const name of names) {
      const value = this.#row.cells.get(name);
      if (value !== undefined && value !== null) return value;
    }
    return undefined;
  }

  /** Text, or a number or flag written out. */
  text(...names: readonly string[]): string {
    const value = this.optional(...names);
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw this.error(
      value === undefined
        ? `no column ${names.join(' or ')}; there are ${[...this.#row.cells.keys()].slice(0, 50).join(', ')}`
        : `column ${names.join(' or ')} holds no text`,
    );
  }

  optionalText(...names: readonly string[]): string | undefined {
    return this.optional(...names) === undefined ? undefined : this.text(...names);
  }

  /** Choices as published: a list of texts, `{text[], label[]}`, a list of `{label, text}`, or label → text. */
  choices(...names: readonly string[]): readonly Choice[] {
    const choices = readChoices(this.optional(...names));
    if (!choices || choices.length < 2 || choices.length > CHOICES_LIMIT)
      throw this.error(`column ${names.join(' or ')} holds no 2 to ${CHOICES_LIMIT} choices`);
    if (new Set(choices.map((choice) => choice.label)).size < choices.length)
      throw this.error(`two choices have the same label`);
    return choices;
  }

  /** An InputError about this row. */
  error(reason: string): InputError {
    return new InputError(`${this.#file}, line ${this.#row.line}: ${reason}`);
  }
}

/** Texts with the labels A, B, C, … */
export function lettered(texts: readonly string[]): readonly Choice[] {
  return texts.map((text, index) => ({ label: LETTERS[index] ?? String(index + 1), text }));
}

/** A question with its choices, one a line, as `A. …`. */
export function renderChoices(stem: string, choices: readonly Choice[]): string {
  return [stem, ...choices.map(({ label, text }) => `${label}. ${text}`)].join('\n');
}

function readChoices(value: unknown): readonly Choice[] | undefined {
  if (isTexts(value)) return lettered(value);
  if (Array.isArray(value)) {
    const choices = value.map((part) => ({ label: ownField(part, 'label'), text: ownField(part, 'text') }));
    return choices.every((choice): choice is Choice => isTexts([choice.label, choice.text]))
      ? choices
      : undefined;
  }
  const texts = ownField(value, 'text');
  const labels = ownField(value, 'label');
  if (isTexts(texts) && isTexts(labels) && texts.length === labels.length)
    return texts.map((text, index) => ({ label: labels[index] as string, text }));
  if (typeof value !== 'object' || value === null) return undefined;
  const named = Object.entries(value).map(([label, text]) => ({ label, text }));
  return named.every((choice): choice is Choice => typeof choice.text === 'string') ? named : undefined;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((part) => typeof part === 'string');
}
