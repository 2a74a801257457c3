import { expressionKey } from './expression-key.ts';
import { closing, joinTokens, latexTokens, splitTokens } from './latex.ts';
import type { Rational } from './number.ts';
import { formatRational, rational, readDigits, readNumber } from './number.ts';
import type { Choice, Question } from './problem.ts';

/** Only this many characters of an answer count: a short final answer is never longer. */
export const ANSWER_CHARACTERS = 4000;

/**
 * The key under which answers count as the same vote: numbers as exact rationals without their units, choices as their
 * label, text by SQuAD normalisation, LaTeX in one spelling, arithmetic expressions in one order. Never throws.
 */
export function canonicalAnswer(answer: string, question: Pick<Question, 'answerKind' | 'choices'>): string {
  const text = answer.slice(0, ANSWER_CHARACTERS).trim();
  switch (question.answerKind ?? (question.choices ? 'choice' : 'text')) {
    case 'number':
      return canonicalNumber(text) ?? canonicalMath(text);
    case 'math':
      return canonicalMath(text);
    case 'choice':
      return choiceLabel(text, question.choices ?? []) ?? normaliseText(text);
    case 'expression':
      return expressionKey(canonicalExpression(text)) ?? canonicalExpression(text);
    default:
      return canonicalText(text);
  }
}

/** The exact value of an answer that is one number, as '7/2' or '-18'; undefined when it is not. */
export function canonicalNumber(text: string): string | undefined {
  const value = readNumber(text.slice(0, ANSWER_CHARACTERS)) ?? tokenNumber(latexTokens(text));
  return value && formatRational(value);
}

/** SQuAD normalisation: lower case, no punctuation, no articles, single spaces (Rajpurkar et al. 2016). */
export function normaliseText(text: string): string {
  return text
    .slice(0, ANSWER_CHARACTERS)
    .normalize('NFC')
    .toLowerCase()
    .replace(/[\p{P}$+<=>^`|~]/gu, '')
    .replace(/\b(?:a|an|the)\b/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Without its dots '4.2' would become '42', so a bare number keeps its value. */
function canonicalText(text: string): string {
  const value = /^[-+−]?[\d.,]+$/.test(text) ? readNumber(text) : undefined;
  return value ? formatRational(value) : normaliseText(text);
}

/** The label of the choice that an answer names by its label or by its text; undefined when it names none or several. */
export function choiceLabel(answer: string, choices: readonly Choice[]): string | undefined {
  const text = answer.slice(0, ANSWER_CHARACTERS).trim();
  const bare = text.replace(/^[\s("'[{*_$]+/, '').replace(/[\s)"'\]}*_.:,$]+$/, '');
  const labelled = (label: string | undefined) =>
    choices.find((choice) => choice.label.toLowerCase() === label?.toLowerCase())?.label;
  const led = /^\W{0,4}([A-Za-z0-9]{1,3})\W{0,3}[).:]/.exec(text);
  return labelled(bare) ?? namedByText(text, choices) ?? labelled(led?.[1]);
}

/** The one choice whose text the answer is. Signs and dots count as soon as there are digits: -5 is not 5. */
function namedByText(text: string, choices: readonly Choice[]): string | undefined {
  const key = (written: string): string =>
    canonicalNumber(written) ??
    (/\d/.test(written) ? written.toLowerCase().replace(/\s+|[.,;]$/g, '') : normaliseText(written));
  const wanted = key(text);
  const named = wanted === '' ? [] : choices.filter((choice) => key(choice.text) === wanted);
  return named.length === 1 ? named[0]?.label : undefined;
}

/** One spelling for a mathematical value: numbers as rationals, sets and lists sorted, tuples in order. */
function canonicalMath(text: string): string {
  const tokens = latexTokens(text);
  const assigned = tokens.indexOf('=');
  const value = isVariable(tokens.slice(0, Math.max(0, assigned))) ? tokens.slice(assigned + 1) : tokens;
  const set = value[0] === '\\{' && closing(value, 0) === value.length - 1 ? value.slice(1, -1) : value;
  const parts = splitTokens(set, [',', ';']);
  if (parts.length < 2) return canonicalPart(value);
  return [...new Set(parts.map(canonicalPart))].sort().join(',');
}

function canonicalPart(tokens: readonly string[]): string {
  const value = tokenNumber(tokens);
  if (value) return formatRational(value);
  const [open = ''] = tokens;
  if ('(['.includes(open) && open !== '' && closing(tokens, 0) === tokens.length - 1) {
    const items = splitTokens(tokens.slice(1, -1), [',']);
    if (items.length > 1) return `${open}${items.map(canonicalPart).join(',')}${tokens.at(-1)}`;
  }
  return joinTokens(tokens);
}

/** 'x', 'x_1': what may stand before an equals sign without being part of the answer. */
function isVariable(tokens: readonly string[]): boolean {
  return /^[a-zA-Z](?:_\w)?$/.test(tokens.join(''));
}

/** The value of tokens that are one number or fraction, with or without a unit. */
function tokenNumber(tokens: readonly string[]): Rational | undefined {
  const match =
    /^([-+]?)(?:\\\$)?(?:\\frac\{(-?[\d.]+)\}\{([\d.]+)\}|([\d.]+)(?:\/([\d.]+))?)(?:%|\\degree|\\text\{[^{}]*\}(?:\^\d)?)*$/.exec(
      tokens.join(''),
    );
  if (!match) return undefined;
  const [, sign, above, below, whole, divisor] = match;
  const top = readDigits((above ?? whole ?? '').replace('-', ''));
  const bottom = readDigits(below ?? divisor ?? '1');
  if (!top || !bottom) return undefined;
  const negative = (sign === '-') !== (above?.startsWith('-') ?? false);
  const value = rational(top.numerator * bottom.denominator, top.denominator * bottom.numerator);
  return value && negative ? { ...value, numerator: -value.numerator } : value;
}

/** One spelling for an arithmetic expression: ASCII operators, plain division, no spaces, no `= value`. */
export function canonicalExpression(text: string): string {
  return text
    .slice(0, ANSWER_CHARACTERS)
    .replace(/\\(?:left|right|displaystyle|boxed)\b|\\[()[\],;:! ]|\$/g, '')
    .replace(/\\(?:times|cdot|ast)\b|[×·∗⋅]/g, '*')
    .replace(/\\div\b|[÷∕⁄]/g, '/')
    .replace(/[−–‒]/g, '-')
    .replace(/\\[dtc]?frac\s*\{/g, '((')
    .replace(/\}\s*\{/g, ')/(')
    .replace(/\}/g, '))')
    .replace(/=[^=]*$/, '')
    .replace(/\s+/g, '');
}
