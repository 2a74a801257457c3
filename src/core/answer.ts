import type { AnswerRegion } from './answer-regions.ts';
import { answerRegions } from './answer-regions.ts';
import {
  ANSWER_CHARACTERS,
  canonicalExpression,
  canonicalNumber,
  choiceLabel,
  normaliseText,
} from './canonical.ts';
import { mathSpans } from './math-spans.ts';
import type { Choice, Question } from './problem.ts';

export { canonicalAnswer } from './canonical.ts';

/** Only this many characters at the end of a text are searched for its announced answer. */
export const EXTRACTION_CHARACTERS = 2 ** 20;
/** Where nothing announces an answer, only the end of the text may hold it. */
const TAIL_CHARACTERS = 10_000;
/** A last line longer than this is prose, not a short answer. */
const LINE_CHARACTERS = 100;

type Asked = Pick<Question, 'answerKind' | 'choices'>;
type Kind = NonNullable<Question['answerKind']>;

/**
 * Reads the short final answer out of a model's text, as written: after the last reasoning tag, the value of a JSON
 * `answer`, the last `\boxed{}`, `####`, an "answer is" phrase, and else what the kind of answer suggests (a standalone
 * letter, the last arithmetic line, the last number). Null when there is none; null never votes.
 */
export function extractAnswer(text: string, question: Asked): string | null {
  const kind = question.answerKind ?? (question.choices ? 'choice' : 'text');
  const final = finalPart(text.slice(-EXTRACTION_CHARACTERS));
  if (final.trim() === '') return null;
  const choices = question.choices ?? [];
  for (const region of answerRegions(final, kind)) {
    const answer = short(readRegion(region, kind, choices));
    if (answer !== null || region.decides) return answer;
  }
  return short(readTail(final.slice(-TAIL_CHARACTERS), kind, choices));
}

function short(answer: string | null): string | null {
  const trimmed = answer?.trim() ?? '';
  return trimmed === '' || trimmed.length > ANSWER_CHARACTERS ? null : trimmed;
}

const REASONING_ENDS = [
  '</think>',
  '</thinking>',
  '</thought>',
  '</reasoning>',
  '<|end_of_thought|>',
  '<|channel|>final<|message|>',
];
const REASONING_STARTS = ['<think>', '<thinking>', '<thought>', '<reasoning>', '<|begin_of_thought|>'];
const TURN_ENDS = [
  '<|im_end|>',
  '<|im_start|>',
  '<|eot_id|>',
  '<|endoftext|>',
  '<|end|>',
  '<|return|>',
  '</s>',
];

/** The text after the reasoning and before any turn that the model went on to invent. */
function finalPart(text: string): string {
  let start = 0;
  for (const tag of REASONING_ENDS) {
    const found = text.lastIndexOf(tag);
    if (found >= 0) start = Math.max(start, found + tag.length);
  }
  let final = text.slice(start);
  for (const tag of REASONING_STARTS) {
    const found = final.indexOf(tag); // never closed: the rest is reasoning that was cut short
    if (found >= 0) final = final.slice(0, found);
  }
  for (const token of TURN_ENDS) {
    const found = final.indexOf(token);
    if (found >= 0 && final.slice(0, found).trim() !== '') final = final.slice(0, found);
  }
  return final;
}

/** Up to the first full stop that ends a sentence; one after an initial or an abbreviation does not. */
function sentence(text: string): string {
  const end = /(?<=[\w$%})\]]{3}|\d|[)}\]$%])[.!?]["')]?\s+(?=[A-Z"'(\\$])/.exec(text);
  return end ? text.slice(0, end.index) : text;
}

/** Reads an answer of the asked kind where one is announced. */
function readRegion({ text, prose }: AnswerRegion, kind: Kind, choices: readonly Choice[]): string | null {
  const said = prose ? sentence(text) : text;
  switch (kind) {
    case 'number':
      return readNumber(said);
    case 'math':
      return readMath(said);
    case 'choice':
      return readChoice(said, choices, 'first');
    case 'expression':
      return readExpression(text);
    case 'text':
      return cleanText(said);
    default:
      return kind satisfies never;
  }
}

/** Reads what the end of a text suggests when nothing announces an answer. */
function readTail(text: string, kind: Kind, choices: readonly Choice[]): string | null {
  switch (kind) {
    case 'number':
      return canonicalNumber(text) === undefined ? lastNumber(text) : withoutMarks(text);
    case 'math':
      return readMath(text);
    case 'choice':
      return readChoice(text, choices, 'last');
    case 'expression': {
      for (const line of text.split('\n').reverse()) {
        const found = readExpression(line);
        if (found !== null) return found;
      }
      return null;
    }
    case 'text': {
      const line = text.trimEnd().split('\n').at(-1) ?? '';
      return line.length <= LINE_CHARACTERS ? cleanText(line) : null;
    }
    default:
      return kind satisfies never;
  }
}

const NUMBER =
  /(?:(?<![\w)}\]])[-−]\s?)?(?:\\[dt]?frac\{-?\d+\}\{\d+\}|(?:\\?[$€£¥][-−]?)?(?:(?<=[$€£¥])\d{1,3}(?: \d{3})+(?!\d)|\d+(?:(?:,|\{,\}|,?\\!)\d+)*(?:\.\d+)?|\.\d+)(?:\/\d+)?(?:\s?\\?%)?)/g;

function lastNumber(text: string): string | null {
  return text.match(NUMBER)?.at(-1) ?? null;
}

/** The number a stretch of text gives: after its last equals sign, at its beginning, else its last one. */
function readNumber(text: string): string | null {
  if (canonicalNumber(text) !== undefined) return withoutMarks(text);
  const value = text.slice(text.lastIndexOf('=') + 1);
  if (canonicalNumber(value) !== undefined) return withoutMarks(value);
  const leads = /^[\s*_`"'(\\$€£-]{0,6}(?:about |approximately )?[\d.]/.test(value);
  return (leads ? value.match(NUMBER)?.[0] : lastNumber(value)) ?? lastNumber(text);
}

/** Without emphasis around it and the punctuation behind it. */
function withoutMarks(text: string): string {
  return text.replace(/^[\s*_`]+/, '').replace(/[\s*_`.,;:]+$/, '');
}

/** A mathematical value: the whole text when it is no prose, else its last formula or a number after it. */
function readMath(text: string): string | null {
  if (!isProse(text)) return text.trim().replace(/(?<=\S)[.,;]$/, '');
  const last = mathSpans(text).at(-1);
  if (!last) return lastNumber(text);
  const after = lastNumber(text.slice(last.end));
  const name = /^\s*[a-zA-Z]\s*$/.test(last.content); // 'the largest $n$' names the answer, it does not give it
  return after ?? (name ? lastNumber(text) : null) ?? last.content;
}

/** Two words in a row, a word before a formula, or several lines: sentences rather than a value. */
function isProse(text: string): boolean {
  return (
    text.length > LINE_CHARACTERS * 4 ||
    /\n\s*\S/.test(text.trim()) ||
    /(?<![\\a-zA-Z{])(?!and\b|or\b)[a-zA-Z]{2,}[,:]?\s+(?:[a-zA-Z]{2,}|\$|\\[([]|\d)/.test(text) ||
    /[$)\]]\s*[a-zA-Z]{2,}[\s.]/.test(text.replace(/\b(?:and|or)\b/g, ''))
  );
}

/** The label of the choice that a text names: alone, marked as a label, or by the text of exactly one choice. */
function readChoice(text: string, choices: readonly Choice[], which: 'first' | 'last'): string | null {
  const direct = choiceLabel(text, choices);
  if (direct !== undefined) return direct;
  const labels = new Map(choices.map((choice) => [choice.label.toUpperCase(), choice.label]));
  const pick = (pattern: RegExp): string | undefined => {
    const named = [...text.matchAll(pattern)].flatMap(
      (match) => labels.get((match[1] as string).toUpperCase()) ?? [],
    );
    return which === 'first' ? named[0] : named.at(-1);
  };
  return (
    pick(
      /(?:\(|\*\*|\b(?:option|choice|answer)\s{1,3})([A-Za-z]|\d{1,2})(?:\)|\*\*|(?![\p{L}\p{N}'’]))/giu,
    ) ??
    pick(/(?<![\p{L}\p{N}'’_])([A-Z]|\d{1,2})(?=[).:])/gu) ??
    // a bare capital, unless it is the article or the pronoun of an English sentence
    pick(/(?<![\p{L}\p{N}'’_.])([A-Z]|\d{1,2})(?![\p{L}\p{N}'’_])(?!\s+[a-z])/gu) ??
    onlyChoiceIn(text, choices) ??
    null
  );
}

function onlyChoiceIn(text: string, choices: readonly Choice[]): string | undefined {
  const said = ` ${normaliseText(text.slice(-ANSWER_CHARACTERS))} `;
  const named = choices.filter(({ text: option }) => {
    const wanted = normaliseText(option);
    return wanted !== '' && said.includes(` ${wanted} `);
  });
  return named.length === 1 ? named[0]?.label : undefined;
}

const ARITHMETIC = /[\d\s.+\-*/×÷−·⋅∗^()]+/g;

/** The arithmetic of a line, without bullet, result and words: of 'Answer: (1+2)*8 = 24' the part '(1+2)*8'. */
function readExpression(line: string): string | null {
  const plain = line
    .replace(/^\s*(?:\d{1,2}\.\s+|[-*•]\s+|answer:?\s*)/i, '')
    .replace(/\\(?:left|right)\b|\\[()[\],;:! ]|[$`]|\*\*/g, '');
  if (/\\(?:times|cdot|div|[dt]?frac)/.test(plain)) {
    const side = plain.slice(0, plain.includes('=') ? plain.indexOf('=') : undefined).trim();
    return isArithmetic(side) ? side : null;
  }
  let best: string | null = null;
  for (const [run] of plain.matchAll(ARITHMETIC)) {
    const side = run.trim().replace(/[.\s]+$/, '');
    if (isArithmetic(side) && side.length > (best?.length ?? 0)) best = side;
  }
  return best;
}

function isArithmetic(text: string): boolean {
  const plain = canonicalExpression(text);
  return /^[\d.+\-*/^()]+$/.test(plain) && /[\d)][-+*/^]\(*-?[\d.]/.test(plain);
}

/** A short text without quotes, emphasis and end marks. */
function cleanText(text: string): string | null {
  const clean = text
    .replace(/\\(?:text|mbox|textbf|mathrm)\s*\{([^{}]*)\}/g, '$1')
    .replace(/^[\s"'“”`*_$:]+/, '')
    .replace(/[\s"'“”`*_$.,;:]+$/, '');
  return clean === '' ? null : clean;
}
