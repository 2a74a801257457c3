/**
 * A scripted solver of sums like "What is 17 + 25 * 3?" that errs at a given rate: a stand-in for a language model where
 * there is no key and no network. What it shows of a method is how the method deals with errors that are independent from
 * sample to sample; real models are neither so regular nor so independent.
 *
 * Rates, for an `errorRate` of e: a solution in steps ends wrong with chance e; an answer without steps with chance
 * 1 − (1 − e)², as if two steps had been done in the head; a program with chance e / 3, because the computer does the sums;
 * a judgement of somebody else's solution with chance e / 2. A wrong number is one of several near misses, each equally
 * likely: worked from left to right, the last number left out or its sign turned, off by one or by ten, two digits swapped.
 */
import { InputError } from '../core/errors.ts';
import type { Message, Model, SampleRequest } from '../core/model.ts';
import type { Rational } from '../core/number.ts';
import { formatRational } from '../core/number.ts';
import type { Random } from '../core/random.ts';
import { seeded } from '../core/random.ts';
import { scripted } from './scripted.ts';
import type { Sum } from './sums.ts';
import { nextOperation, readSum, sumOf } from './sums.ts';

export interface NoisySolverOptions {
  /** Chance that a solution in steps ends wrong, in [0, 1]. Default 0.3. */
  readonly errorRate?: number;
  readonly seed?: number; // which samples err; default 0
}

/** A model that solves sums and errs; free, in process, deterministic for each question, prompt and seed. */
export function noisySolver(options: NoisySolverOptions = {}): Model {
  return scripted({ id: 'noisy-solver', answer: noisyAnswer(options) });
}

/**
 * The answer rule of `noisySolver`, for a scripted server. The request's seed decides the noise, whatever the temperature,
 * so that samples with different seeds are independent.
 */
export function noisyAnswer({
  errorRate = 0.3,
  seed = 0,
}: NoisySolverOptions = {}): (request: SampleRequest) => string {
  if (!(errorRate >= 0 && errorRate <= 1))
    throw new InputError(`errorRate is ${errorRate}; it must lie in [0, 1]`);
  return ({ messages, seed: sampleSeed, index = 0 }) => {
    const asked = askedSum(messages);
    if (!asked) return 'I can only work out sums such as "What is 17 + 25 * 3?".';
    const prompt = messages.map(({ text }) => text).join('\n');
    const chance = seeded(seed)
      .fork(prompt)
      .fork(String(sampleSeed ?? index));
    return reply({ ...asked, messages, errs: (rate) => chance.next() < rate, chance, errorRate });
  };
}

interface Task {
  readonly sum: Sum;
  readonly value: Rational;
  readonly written: string; // the sum as it was asked
  readonly messages: readonly Message[];
  readonly errorRate: number;
  readonly chance: Random;
  readonly errs: (rate: number) => boolean;
}

/** Does what the last turn asks for. */
function reply(task: Task): string {
  const { messages, errs, errorRate } = task;
  const system = messages.find(({ role }) => role === 'system')?.text ?? '';
  const last = messages.findLast(({ role }) => role === 'user')?.text ?? '';
  const judged = () => errs(errorRate / 2);

  if (/solution\(\)/.test(last)) return program(task, /JavaScript/.test(last));
  if (/no steps/i.test(last))
    return errs(1 - (1 - errorRate) ** 2) ? nearMiss(task) : formatRational(task.value);
  if (/Verdict: yes/.test(system)) return `Verdict: ${agrees(task, last) !== judged() ? 'yes' : 'no'}`;
  if (/Reply with 1 or 2/.test(last))
    return agrees(task, last.split('Solution 2:')[0] ?? '') !== judged() ? '1' : '2';
  if (/Reply with its number/.test(last)) return mostCommon(last, task);
  if (/sure, likely or impossible/.test(last))
    return promising(task, last) !== judged() ? 'sure' : 'impossible';
  if (/Find the first mistake/.test(last)) {
    const solution = messages.findLast(({ role }) => role === 'assistant')?.text ?? '';
    return agrees(task, solution) !== judged()
      ? 'There is no mistake.'
      : 'The last step has the wrong result.';
  }
  if (/simpler questions/.test(last)) return simplerQuestions(task);
  if (/next steps?\b/.test(last)) return nextSteps(task, last);
  return inSteps(task);
}

function inSteps(task: Task): string {
  const { sum, value, errs, errorRate } = task;
  const wrong = errs(errorRate) ? nearMiss(task) : undefined;
  const lines: string[] = [];
  let rest = sum;
  for (let operation = nextOperation(rest); operation; operation = nextOperation(rest)) {
    rest = operation.carryOut(operation.value);
    const result = rest.length === 1 && wrong !== undefined ? wrong : formatRational(operation.value);
    lines.push(`${operation.text} = ${result}`);
  }
  return [...lines, `The answer is ${wrong ?? formatRational(value)}.`].join('\n');
}

/** A wrong program has lost or changed something of the sum. */
function program(task: Task, javascript: boolean): string {
  const { written, errs, errorRate } = task;
  const expression = errs(errorRate / 3) ? nearMiss(task) : written;
  const body = javascript
    ? `function solution() {\n  return ${expression};\n}`
    : `def solution():\n    return ${expression}`;
  return `\`\`\`${javascript ? 'javascript' : 'python'}\n${body}\n\`\`\``;
}

/** All but the last operation, each as a question. */
function simplerQuestions({ sum }: Task): string {
  const questions: string[] = [];
  let rest = sum;
  for (let operation = nextOperation(rest); operation; operation = nextOperation(rest)) {
    questions.push(`What is ${operation.text}?`);
    rest = operation.carryOut(operation.value);
  }
  return (questions.length > 1 ? questions.slice(0, -1) : questions).join('\n');
}

/** Lines that could follow the steps so far: the right one first, wrong ones after it, in an order that errs at the rate. */
function nextSteps(task: Task, prompt: string): string {
  const { chance, errs, errorRate } = task;
  const operation = nextOperation(carriedOut(task, prompt));
  if (!operation)
    return `The answer is ${reportedSteps(prompt).at(-1)?.result ?? formatRational(task.value)}.`;
  const right = formatRational(operation.value);
  const count = Math.min(8, Number(/Write (\d+) different/.exec(prompt)?.[1] ?? 1));
  const results = errs(errorRate) ? [] : [right];
  const { numerator, denominator } = operation.value;
  while (results.length < count) {
    const slip = BigInt(1 + chance.integer(20)) * denominator;
    const miss = formatRational({ numerator: numerator + slip, denominator });
    if (!results.includes(miss)) results.push(miss);
  }
  return results.map((result) => `${operation.text} = ${result}`).join('\n');
}

/** The sum after the steps that a prompt reports, with the results as reported. */
function carriedOut({ sum }: Task, prompt: string): Sum {
  let rest = sum;
  for (const { left, result } of reportedSteps(prompt)) {
    const operation = nextOperation(rest);
    const value = readSum(result);
    if (operation?.text !== left || !value || value.length !== 1) continue;
    rest = operation.carryOut(value[0] as Rational);
  }
  return rest;
}

/** Whether every reported step is right, and so is the answer if there is one. */
function promising(task: Task, prompt: string): boolean {
  const stepsRight = reportedSteps(prompt).every(({ left, result }) => {
    const [sum, said] = [readSum(left), readSum(result)];
    const value = sum && sumOf(sum);
    return value && said && sumOf(said) && formatRational(value) === formatRational(sumOf(said) as Rational);
  });
  return stepsRight && (!/answer is/i.test(prompt) || agrees(task, prompt));
}

function reportedSteps(prompt: string): { left: string; result: string }[] {
  const steps: { left: string; result: string }[] = [];
  for (const line of prompt.split('\n')) {
    const [left = '', result, ...more] = line.split(' = ');
    if (result !== undefined && more.length === 0) steps.push({ left: left.trim(), result: result.trim() });
  }
  return steps;
}

/** The number of the first candidate, among `[1] …` blocks, whose result most of them share; a random one when it errs. */
function mostCommon(prompt: string, { chance, errs, errorRate }: Task): string {
  const candidates = prompt.split(/^\[\d+\]$/m).slice(1);
  if (candidates.length === 0) return '1';
  if (errs(errorRate / 2)) return String(1 + chance.integer(candidates.length));
  const results = candidates.map((candidate) => lastResult(candidate.split('\n\nWhich ')[0] ?? ''));
  const votes = (index: number) => results.filter((result) => result === results[index]).length;
  const best = [...results.keys()].toSorted((a, b) => votes(b) - votes(a))[0] ?? 0;
  return String(best + 1);
}

/** Whether the last number of a text is the answer. */
function agrees({ value }: Task, text: string): boolean {
  return lastResult(text) === formatRational(value);
}

function lastResult(text: string): string | undefined {
  return text.match(/-?\d+(?:\/\d+)?/g)?.at(-1);
}

function nearMiss({ sum, value, chance }: Task): string {
  const exact = formatRational(value);
  const misses = new Set<string>();
  const add = (miss: Rational | undefined) => {
    if (miss) misses.add(formatRational(miss));
  };
  add(leftToRight(sum));
  const [operator, last] = [sum.at(-2), sum.at(-1)];
  if (sum.length > 2 && typeof operator === 'string' && typeof last === 'object') {
    add(sumOf(sum.slice(0, -2)));
    add(sumOf([...sum.slice(0, -1), { ...last, numerator: -last.numerator }]));
  }
  const { numerator, denominator } = value;
  for (const slip of [1n, -1n, 10n, -10n]) add({ numerator: numerator + slip * denominator, denominator });
  misses.add(exact.replace(/(\d)(\d)$/, '$2$1').replace(/^(-?)0+(?=\d)/, '$1'));
  misses.delete(exact);
  const all = [...misses];
  return all[chance.integer(all.length)] as string;
}

/** The value when precedence is forgotten; undefined where there are brackets. */
function leftToRight(sum: Sum): Rational | undefined {
  if (sum.includes('(')) return undefined;
  let rest = sum;
  while (rest.length > 1) {
    const value = sumOf(rest.slice(0, 3));
    if (!value) return undefined;
    rest = [value, ...rest.slice(3)];
  }
  return typeof rest[0] === 'object' ? rest[0] : undefined;
}

/** The sum that the conversation is about: the one asked last. */
function askedSum(messages: readonly Message[]): Pick<Task, 'sum' | 'value' | 'written'> | undefined {
  for (const { role, text } of messages.toReversed()) {
    if (role !== 'user') continue;
    const asked = [...text.matchAll(/What is ([-+*/×÷−().\d ]{1,400})\?/g)].at(-1)?.[1];
    const sum = asked === undefined ? undefined : readSum(asked);
    const value = sum && sumOf(sum);
    if (asked !== undefined && sum && value) return { sum, value, written: asked };
  }
  return undefined;
}
