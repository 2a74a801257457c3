import { ANSWER_CHARACTERS, canonicalNumber, choiceLabel, normaliseText } from './canonical.ts';
import type { Choice, Question } from './problem.ts';

export { canonicalAnswer } from './canonical.ts';

/** Only this many characters at the end of a text are searched for its answer. */
export const EXTRACTION_CHARACTERS = 2 ** 20;

type Asked = Pick<Question, 'answerKind' | 'choices'>;

/**
 * Reads the short final answer out of a model's text, as written: after the last reasoning tag, the value of a JSON
 * `answer`, the last `\boxed{}`, `####`, an "answer is" phrase, and else what the kind of answer suggests (a standalone
 * letter, the last arithmetic line, the last number). Null when there is none; null never votes.
 */
export function extractAnswer(text: string, question: Asked): string | null {
  const final = finalPart(text.slice(-EXTRACTION_CHARACTERS));
  if (final.trim() === '') return null;
  const stated = jsonAnswer(final);
  if (stated !== undefined) return finish(readRegion(stated, question) ?? (stated.trim() || null));
  for (const region of regions(final)) {
    const answer = readRegion(region, question);
    if (answer !== null) return finish(answer);
  }
  return finish(readRest(final, question));
}

function finish(answer: string | null): string | null {
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

/** The text after the reasoning and before any turn that a model went on to invent. */
function finalPart(text: string): string {
  let start = 0;
  for (const tag of REASONING_ENDS) {
    const found = text.lastIndexOf(tag);
    if (found >= 0) start = Math.max(start, found + tag.length);
  }
  let final = text.slice(start);
  for (const tag of REASONING_STARTS) {
    const found = final.indexOf(tag); // never closed: the rest is thinking that was cut short
    if (found >= 0) final = final.slice(0, found);
  }
  for (const token of TURN_ENDS) {
    const found = final.indexOf(token);
    if (found > 0) final = final.slice(0, found);
  }
  return final;
}

/** The value of the last `"answer":` of a JSON text, which may be cut short or badly escaped. */
function jsonAnswer(text: string): string | undefined {
  let last: RegExpExecArray | undefined;
  for (const match of text.matchAll(/["'“](?:final[_ ]?)?answer["'”]\s{0,20}:\s{0,20}/gi)) last = match;
  if (!last) return undefined;
  const rest = text.slice(last.index + last[0].length, last.index + last[0].length + ANSWER_CHARACTERS);
  const quote = rest[0];
  if (quote !== '"' && quote !== "'") return /^[^,}\n]*/.exec(rest)?.[0].trim();
  let end = rest.length;
  for (let index = 1; index < rest.length; index++) {
    if (rest[index] === '\\') index++;
    else if (rest[index] === quote && /^["']\s*(?:[,}\]]|$)/.test(rest.slice(index, index + 20))) {
      end = index;
      break;
    }
  }
  return rest.slice(1, end).replace(/\\(["'\\/])/g, '$1');
}

/** The places where a final answer is announced, best first. */
function* regions(text: string): Generator<string> {
  const boxed = lastBoxed(text);
  if (boxed !== undefined) yield boxed;
  const marker = text.lastIndexOf('####');
  if (marker >= 0) {
    const line = lineAt(text, marker + 4);
    if (/^\s*[-+$]?[\d.]/.test(line) || text.trimEnd().endsWith(line.trimEnd())) yield line;
  }
  yield* announced(text);
}

/** The content of the `\boxed{}` that closes last. One pass over the braces, so linear. */
function lastBoxed(text: string): string | undefined {
  const open: number[] = [];
  let best: string | undefined;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === '\\' && (text[index + 1] === '{' || text[index + 1] === '}')) index++;
    else if (character === '{') open.push(index);
    else if (character === '}') {
      const start = open.pop();
      if (start !== undefined && /\\f?boxed\s?$/.test(text.slice(Math.max(0, start - 8), start)))
        best = text.slice(start + 1, index);
    }
  }
  return best;
}

const ANNOUNCEMENT =
  /answers?\b[*_"']{0,3}(?:\s+(?:to|for|of|in)\b[^.:\n]{0,80}?)?\s{0,5}(?:is|are|was|would be|should be|must be|will be|=|:)[*_:\s]{0,8}/iy;
/** Announcements looked at, from the end; a text that says more is repeating itself. */
const ANNOUNCEMENTS = 8;

function* announced(text: string): Generator<string> {
  const starts: number[] = [];
  for (const match of text.matchAll(/answer/gi)) starts.push(match.index);
  for (const start of starts.slice(-ANNOUNCEMENTS).reverse()) {
    ANNOUNCEMENT.lastIndex = start;
    const match = ANNOUNCEMENT.exec(text);
    if (match) yield lineAt(text, start + match[0].length);
  }
}

function lineAt(text: string, start: number): string {
  const end = text.indexOf('\n', start);
  return text.slice(start, end < 0 ? undefined : end).slice(0, ANSWER_CHARACTERS);
}

/** Reads an answer of the asked kind from text that announces one. */
function readRegion(region: string, question: Asked): string | null {
  switch (question.answerKind ?? (question.choices ? 'choice' : 'text')) {
    case 'number':
      return readNumber(region);
    case 'math':
      return readMath(region);
    case 'choice':
      return readChoice(region, question.choices ?? []);
    case 'expression':
      return readExpression(region);
    default:
      return cleanText(sentence(region));
  }
}

/** What the whole text suggests when nothing announces an answer. */
function readRest(text: string, question: Asked): string | null {
  switch (question.answerKind ?? (question.choices ? 'choice' : 'text')) {
    case 'number':
      return lastNumber(text);
    case 'math':
      return readMath(text);
    case 'choice':
      return readChoice(text, question.choices ?? []);
    case 'expression': {
      const lines = text.split('\n');
      for (const line of lines.reverse()) {
        const found = readExpression(line);
        if (found !== null) return found;
      }
      return null;
    }
    default: {
      const line = text.trim().split('\n').at(-1) ?? '';
      return line.length <= 100 ? cleanText(line) : null;
    }
  }
}

const NUMBER = /[-−]?[$€£]?\d[\d,]*(?:\.\d+)?(?:\/\d+)?%?|[-−]?\.\d+/g;

function lastNumber(text: string): string | null {
  let last: string | null = null;
  for (const [found] of text.matchAll(NUMBER)) last = found;
  return last?.replace(/,+$/, '') ?? null;
}

function readNumber(region: string): string | null {
  const value = region.slice(region.lastIndexOf('=') + 1);
  if (canonicalNumber(value) !== undefined) return value;
  return value.match(NUMBER)?.[0].replace(/,+$/, '') ?? lastNumber(region);
}

function readMath(region: string): string | null {
  const spans = [...region.matchAll(/\$\$([^$]+)\$\$|\$([^$\n]+)\$|\\\(([^\n]*?)\\\)|\\\[([^\]]*?)\\\]/g)];
  const last = spans.at(-1);
  if (last) return last[1] ?? last[2] ?? last[3] ?? last[4] ?? null;
  if (!/[a-z]{3,} [a-z]/i.test(region)) return region.replace(/\.\s*$/, '');
  return lastNumber(region);
}

function readChoice(region: string, choices: readonly Choice[]): string | null {
  const direct = choiceLabel(region, choices);
  if (direct !== undefined) return direct;
  let last: string | null = null;
  for (const [, label] of region.matchAll(/(?<![\p{L}\p{N}'])([A-Z0-9]{1,2})(?![\p{L}\p{N}'])(?! [a-z])/gu))
    if (choices.some((choice) => choice.label === label)) last = label ?? null;
  if (last !== null) return last;
  const said = normaliseText(region.slice(-ANSWER_CHARACTERS));
  const named = choices.filter((choice) => ` ${said} `.includes(` ${normaliseText(choice.text)} `));
  return named.length === 1 ? (named[0]?.label ?? null) : null;
}

function readExpression(line: string): string | null {
  const text = line.replace(/^.*?answer\s*:?/i, '').trim();
  const value = text.replace(/=\s*[-\d./]+\s*\.?$/, '').trim();
  return /^[\d\s+\-*/×÷−·().^]+$/.test(value) && /\d\s*[)\s]*[-+*/×÷−·]/.test(value) ? value : null;
}

function sentence(region: string): string {
  const end = /(?<=\w{3})[.!?]\s+(?=[A-Z"'(])/.exec(region);
  return end ? region.slice(0, end.index) : region;
}

function cleanText(text: string): string | null {
  const clean = text
    .trim()
    .replace(/^[\s"'`*_]+/, '')
    .replace(/[\s"'`*_.,;]+$/, '');
  return clean === '' ? null : clean;
}
