/**
 * Checks proofs of Horn clauses without Prolog: each step is an instance of a clause of the program, its conditions are
 * proved by the steps that follow, comparisons and sums are computed again. That a goal fails is beyond the check.
 */
import { z } from 'zod';
import { ProgramError } from './program-error.ts';
import { readProlog } from './prolog.ts';
import type { PrologTerm } from './prolog-terms.ts';
import { readPrologTerms } from './prolog-terms.ts';
import type { CheckVerdict } from './solved.ts';
import { accepted, beyond, refused } from './solved.ts';

const certificateSchema = z.object({
  kind: z.literal('resolution'),
  steps: z
    .array(z.tuple([z.string(), z.string()]))
    .min(1)
    .max(100_000),
});

/** The check cannot follow the program: control, or built-in predicates other than comparison and arithmetic. */
class BeyondError extends RangeError {}

type Bindings = Map<string, PrologTerm>;

/** Checks the first answer to a Prolog query against its proof. */
export function checkProlog(text: string, answer: string, certificate: unknown): CheckVerdict {
  const parsed = certificateSchema.safeParse(certificate);
  if (!parsed.success) return refused('The certificate is not of the form of a proof by resolution');
  if (answer === 'false' || answer.includes('; '))
    return beyond('A proof shows one answer, not that there is no other');
  const { clauses, goal } = readProlog(text);
  try {
    const program = readPrologTerms(clauses).flatMap(clauseOf);
    const steps = parsed.data.steps.map(([head, body]) => ({ head: one(head), body: one(body) }));
    const [asked] = readPrologTerms(`${goal}.`);
    const proved: PrologTerm[] = [];
    let next = 0;
    const prove = (condition: PrologTerm): void => {
      if (isCall(condition, ',', 2)) {
        condition.args.forEach(prove);
        return;
      }
      if (isCall(condition, 'true', 0)) return;
      const step = steps[next++];
      if (!step || textOf(step.head) !== textOf(condition))
        throw new ProgramError(`no step proves ${textOf(condition)}`);
      if (isCall(step.body, 'builtin', 0)) {
        if (!builtInHolds(condition)) throw new ProgramError(`${textOf(condition)} does not hold`);
        return;
      }
      const instance: PrologTerm = { name: ':-', args: [step.head, step.body] };
      if (!program.some((clause) => matches(clause, instance, new Map())))
        throw new ProgramError(`${textOf(instance)} is an instance of no clause`);
      prove(step.body);
    };
    while (next < steps.length) {
      const { head } = steps[next] as { head: PrologTerm };
      proved.push(head);
      prove(head);
    }
    const bindings: Bindings = new Map();
    if (!matches(asked as PrologTerm, conjunction(proved), bindings))
      return refused('The steps prove another goal');
    return answer === answerText(bindings) ? accepted : refused('The steps prove another answer');
  } catch (cause) {
    if (cause instanceof ProgramError) return refused(cause.message);
    if (cause instanceof RangeError) return beyond(cause.message);
    throw cause;
  }
}

function one(text: string): PrologTerm {
  const [term] = readPrologTerms(`${text}.`);
  if (!term) throw new ProgramError('a step is empty');
  return term;
}

/** A clause as `head :- body`; directives of tabling and style change no answer. */
function clauseOf(term: PrologTerm): PrologTerm[] {
  if (isCall(term, ':-', 1)) throw new BeyondError('The check does not follow directives');
  return isCall(term, ':-', 2) ? [term] : [{ name: ':-', args: [term, { name: 'true', args: [] }] }];
}

function isCall(
  term: PrologTerm,
  name: string,
  arity: number,
): term is Extract<PrologTerm, { name: string }> {
  return 'name' in term && term.name === name && term.args.length === arity;
}

function conjunction(terms: readonly PrologTerm[]): PrologTerm {
  return terms
    .slice(0, -1)
    .reduceRight<PrologTerm>((rest, term) => ({ name: ',', args: [term, rest] }), terms.at(-1) as PrologTerm);
}

/** Whether `instance` comes from `pattern` by giving its variables values. */
function matches(pattern: PrologTerm, instance: PrologTerm, bindings: Bindings): boolean {
  if ('variable' in pattern) {
    const bound = bindings.get(pattern.variable);
    if (bound === undefined) bindings.set(pattern.variable, instance);
    return bound === undefined || textOf(bound) === textOf(instance);
  }
  if ('number' in pattern) return 'number' in instance && pattern.number === instance.number;
  return (
    'name' in instance &&
    pattern.name === instance.name &&
    pattern.args.length === instance.args.length &&
    pattern.args.every((part, index) => matches(part, instance.args[index] as PrologTerm, bindings))
  );
}

function builtInHolds(goal: PrologTerm): boolean {
  if (!('name' in goal) || goal.args.length !== 2)
    throw new BeyondError(`The check does not know ${textOf(goal)}`);
  const [left, right] = goal.args as [PrologTerm, PrologTerm];
  switch (goal.name) {
    case 'is':
      return 'number' in left && left.number === value(right);
    case '=':
    case '==':
      return textOf(left) === textOf(right);
    case '\\==':
      return textOf(left) !== textOf(right);
    case '\\=':
      if (/[_A-Z]/.test(textOf(left) + textOf(right)))
        throw new BeyondError('The check does not compare open terms');
      return textOf(left) !== textOf(right);
    case '<':
      return value(left) < value(right);
    case '>':
      return value(left) > value(right);
    case '=<':
      return value(left) <= value(right);
    case '>=':
      return value(left) >= value(right);
    case '=:=':
      return value(left) === value(right);
    case '=\\=':
      return value(left) !== value(right);
    default:
      throw new BeyondError(`The check does not know ${goal.name}`);
  }
}

function value(term: PrologTerm): bigint {
  if ('number' in term) return term.number;
  if (!('name' in term)) throw new ProgramError('a number is open');
  const [left, right] = term.args.map(value);
  if (left !== undefined && right === undefined && term.name === '-') return -left;
  if (left === undefined || right === undefined)
    throw new BeyondError(`The check does not compute ${term.name}`);
  switch (term.name) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '//':
      if (right === 0n) throw new ProgramError('a division by 0');
      return left / right;
    case 'mod':
      if (right === 0n) throw new ProgramError('a division by 0');
      return ((left % right) + right) % right;
    default:
      throw new BeyondError(`The check does not compute ${term.name}`);
  }
}

/** A term as Prolog's canonical notation writes it, lists apart. */
function textOf(term: PrologTerm): string {
  if ('variable' in term) return term.variable;
  if ('number' in term) return String(term.number);
  return term.args.length === 0 ? term.name : `${term.name}(${term.args.map(textOf).join(',')})`;
}

/** `X = 1, Y = [a,b]`, in the order of the query; `true` without variables. */
function answerText(bindings: Bindings): string {
  const shown = [...bindings]
    .filter(([name]) => !name.startsWith('_'))
    .map(([name, term]) => `${name} = ${answerTerm(term)}`);
  return shown.length === 0 ? 'true' : shown.join(', ');
}

function answerTerm(term: PrologTerm): string {
  if (!('name' in term) || term.name !== '[|]') return textOf(term);
  const items: string[] = [];
  let rest: PrologTerm = term;
  while (isCall(rest, '[|]', 2)) {
    items.push(answerTerm(rest.args[0] as PrologTerm));
    rest = rest.args[1] as PrologTerm;
  }
  return `[${items.join(',')}${isCall(rest, '[]', 0) ? '' : `|${answerTerm(rest)}`}]`;
}
