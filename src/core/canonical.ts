import { normaliseLatex } from './latex.ts';
import type { Choice, Question } from './problem.ts';

/** Longer answers are compared by their first characters only: a short answer is never this long. */
export const ANSWER_CHARACTERS = 4000;
/** Numbers with more digits are left as text; exact arithmetic on them would cost more than it tells. */
const NUMBER_DIGITS = 400;

/**
 * The key under which answers are counted as the same vote: numbers as exact rationals without units, choices as their
 * label, text by SQuAD normalisation, LaTeX and arithmetic expressions in one spelling. Never throws.
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
      return canonicalExpression(text);
    default:
      return canonicalNumber(text) ?? normaliseText(text);
  }
}

/** SQuAD normalisation: lower case, no punctuation, no articles, single spaces (Rajpurkar et al. 2016). */
export function normaliseText(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\p{P}\p{S}]/gu, ' ')
    .replace(/\b(?:a|an|the)\b/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** The label of the choice an answer names, by its label or by its text; undefined when it names none or several. */
export function choiceLabel(answer: string, choices: readonly Choice[]): string | undefined {
  const bare = answer
    .trim()
    .replace(/^[("'[{*_\s]+/, '')
    .replace(/[)"'\]}*_.:,\s]+$/, '');
  const byLabel = choices.find((choice) => choice.label.toLowerCase() === bare.toLowerCase());
  if (byLabel) return byLabel.label;
  const wanted = normaliseText(answer);
  const byText = choices.filter((choice) => normaliseText(choice.text) === wanted && wanted !== '');
  if (byText.length === 1) return byText[0]?.label;
  const led = /^\(?([A-Za-z0-9]{1,3})[).:]\s*(.*)$/s.exec(answer.trim());
  return choices.find((choice) => choice.label.toLowerCase() === led?.[1]?.toLowerCase())?.label;
}

const SCALES: Readonly<Record<string, bigint>> = {
  hundred: 100n,
  thousand: 1000n,
  million: 1_000_000n,
  billion: 1_000_000_000n,
  trillion: 1_000_000_000_000n,
};

/**
 * A number with its currency, unit, percent sign and digit grouping taken off, as a reduced rational ('7/2', '-18');
 * undefined when the text is not one number.
 */
export function canonicalNumber(text: string): string | undefined {
  const plain = text
    .slice(0, ANSWER_CHARACTERS)
    .normalize('NFKC') // also turns ½ into 1⁄2
    .replace(/[−–‒﹣]/g, '-')
    .replace(/\\[!,;: ]|\{,\}|[*_`~]|\\(?:text|mbox|mathrm|textbf|mathbf)\b|\\(?=[$%])/g, (found) =>
      found === '{,}' || found === '\\!' || found === '\\,' ? '\u0001' : '',
    )
    .replace(/,?\u0001\s*(?=\d)/g, '')
    .replace(/[{}\u0001]/g, ' ')
    .trim();
  const match =
    /^(?:approximately|approx\.?|about|around|roughly)?\s*([-+]?)\s*(?:US|USD|Rs\.?)?\s*[$€£¥₹]?\s*([-+]?)(\d[\d.,]*(?: \d{3}(?!\d))*|\.\d+)(?:e([-+]?\d{1,3}))?/i.exec(
      plain,
    );
  if (!match) return undefined;
  let rest = plain.slice(match[0].length);
  let digits = match[3] as string;
  const trailing = /[.,]+$/.exec(digits);
  if (trailing) {
    digits = digits.slice(0, -trailing[0].length);
    rest = trailing[0] + rest;
  }
  let value = decimal(digits);
  if (!value) return undefined;
  const exponent = Number(match[4] ?? 0);
  if (exponent !== 0) value = scale(value, exponent);
  const fraction = /^\s*[/⁄]\s*(\d[\d,]*)(?![\d.])/.exec(rest);
  const mixed = fraction ? null : /^[\s-]+(\d{1,9})\s*[/⁄]\s*(\d{1,9})(?![\d.])/.exec(rest);
  if (fraction) {
    const divisor = decimal(fraction[1] as string);
    if (!divisor || divisor.numerator === 0n) return undefined;
    value = {
      numerator: value.numerator * divisor.denominator,
      denominator: value.denominator * divisor.numerator,
    };
    rest = rest.slice(fraction[0].length);
  } else if (mixed && value.denominator === 1n) {
    const below = BigInt(mixed[2] as string);
    if (below === 0n) return undefined;
    value = { numerator: value.numerator * below + BigInt(mixed[1] as string), denominator: below };
    rest = rest.slice(mixed[0].length);
  }
  const word = /^\s*(hundred|thousand|million|billion|trillion)\b/i.exec(rest);
  if (word) {
    value = {
      numerator: value.numerator * (SCALES[(word[1] as string).toLowerCase()] ?? 1n),
      denominator: value.denominator,
    };
    rest = rest.slice(word[0].length);
  }
  if (!isUnit(rest)) return undefined;
  const negative = (match[1] === '-') !== (match[2] === '-');
  return rational(negative ? -value.numerator : value.numerator, value.denominator);
}

/** What may follow a number without changing it: words, %, degree and currency signs, powers of a unit; no operator. */
function isUnit(rest: string): boolean {
  return (
    /^[\s\p{L}%°$€£¥₹²³.,;:!?'"/()]*$/u.test(rest.replace(/(?<=\p{L})\^?-?[23]/gu, '')) &&
    !/^\s*[/(:]/.test(rest)
  );
}

interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Reads digits with grouping: '1,234.5', '1.234,5', '1 000', '0,111', '.5'. */
function decimal(digits: string): Rational | undefined {
  if (digits.length > NUMBER_DIGITS) return undefined;
  const text = digits.replaceAll(' ', '');
  const lastComma = text.lastIndexOf(',');
  const lastDot = text.lastIndexOf('.');
  let point = lastDot; // index of the decimal sign, -1 for none
  if (lastComma > lastDot && lastDot >= 0) point = lastComma;
  else if (lastDot < 0 && lastComma >= 0)
    point =
      /^[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}$/.test(text) || text.indexOf(',') !== lastComma ? -1 : lastComma;
  else if (lastDot >= 0 && text.indexOf('.') !== lastDot) {
    if (!/^[1-9]\d{0,2}(?:\.\d{3})+$/.test(text)) return undefined;
    point = -1;
  }
  const whole = (point < 0 ? text : text.slice(0, point)).replace(/[.,]/g, '');
  const part = point < 0 ? '' : text.slice(point + 1);
  if (!/^\d*$/.test(part) || whole + part === '') return undefined;
  return { numerator: BigInt(whole + part), denominator: 10n ** BigInt(part.length) };
}

function scale({ numerator, denominator }: Rational, exponent: number): Rational {
  const factor = 10n ** BigInt(Math.min(Math.abs(exponent), NUMBER_DIGITS));
  return exponent > 0
    ? { numerator: numerator * factor, denominator }
    : { numerator, denominator: denominator * factor };
}

function rational(numerator: bigint, denominator: bigint): string {
  let [a, b] = [numerator < 0n ? -numerator : numerator, denominator];
  while (b > 0n) [a, b] = [b, a % b];
  const divisor = a === 0n ? 1n : a;
  const [top, bottom] = [numerator / divisor, denominator / divisor];
  return bottom === 1n ? String(top) : `${top}/${bottom}`;
}

function canonicalMath(text: string): string {
  return canonicalNumber(text) ?? normaliseLatex(text);
}

/** One spelling for an arithmetic expression: ASCII operators, no spaces, no `= value`. */
export function canonicalExpression(text: string): string {
  return text
    .slice(0, ANSWER_CHARACTERS)
    .replace(/\\(?:left|right)\b|\$/g, '')
    .replace(/\\(?:times|cdot)\b|[×·∗⋅]/g, '*')
    .replace(/\\div\b|[÷∕⁄]/g, '/')
    .replace(/[−–‒]/g, '-')
    .replace(/=[^=]*$/, '')
    .replace(/\s+/g, '');
}
