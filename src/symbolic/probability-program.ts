import type Fraction from 'fraction.js';
import type { Asked, GenerativeModel, Value } from './generative-model.ts';
import type { Assignment, ProbabilityRow, Reference } from './probability-network.ts';
import { ProbabilityNetwork } from './probability-network.ts';
import { ProgramError } from './program-error.ts';
import type { ProgramLine } from './program-lines.ts';
import { cut, programSections } from './program-lines.ts';
import type { TokenReader } from './tokens.ts';
import { probabilityReader, readCondition, readNumber, readUrnProgram, readValue } from './urn-program.ts';

/** Arithmetic over probabilities. */
export type ProbabilityTerm =
  | { readonly kind: 'number'; readonly value: Fraction }
  | { readonly kind: 'probability'; readonly index: number } // in `asked`
  | { readonly kind: '+' | '-' | '*' | '/'; readonly left: ProbabilityTerm; readonly right: ProbabilityTerm };

export type InferenceMethod = 'exact' | 'likelihood-weighting' | 'metropolis-hastings';

export interface ProbabilityProgram {
  readonly query: ProbabilityTerm;
  readonly asked: readonly (Asked & { readonly text: string })[];
  readonly method: InferenceMethod;
  readonly samples: number; // where the method samples
  readonly seed: number;
}

export const DEFAULT_SAMPLES = 20_000;
export const MOST_SAMPLES = 2_000_000;
/** Probabilities in one query. */
const MOST_ASKED = 100;

/**
 * Reads a network (sections Variables and Probabilities) or a random program (section Model), a Query over `P(… | …)`, and
 * optionally the Method: `exact`, `likelihood-weighting` or `metropolis-hastings` with samples and a seed. Throws ProgramError.
 */
export function readProbabilities(text: string): ProbabilityProgram {
  const sections = programSections(
    text,
    ['Variables', 'Probabilities', 'Model', 'Method', 'Query'],
    ['Variables', 'Probabilities', 'Model', 'Method'],
  );
  const { Probabilities: rows, Model: statements } = sections;
  if (rows.length > 0 === statements.length > 0)
    throw new ProgramError('Write either Probabilities: of a network or a Model: with urns and draws');
  const [line, second] = sections.Query;
  if (!line) throw new ProgramError('The section Query: is empty; ask for P(…)');
  if (second) throw new ProgramError('the query has a second statement; ask for one number', second.line);
  const asked: (Asked & { text: string })[] = [];
  const add = (one: Asked, from: string): ProbabilityTerm => {
    if (asked.push({ ...one, text: from }) > MOST_ASKED)
      throw new ProgramError(`The query asks for more than ${MOST_ASKED} probabilities`);
    return { kind: 'probability', index: asked.length - 1 };
  };
  const reader = probabilityReader(line.text, line.line);
  const readAsked =
    rows.length > 0
      ? askNetwork(new ProbabilityNetwork(rows.map(readRow), readDomains(sections.Variables)))
      : askModel(readUrnProgram(statements), line.line);
  const query = readTerm(reader, () => {
    const start = reader.peek().start;
    const one = readAsked(reader);
    return add(one, line.text.slice(start, reader.peek().start).trim());
  });
  reader.end('the query');
  return { query, asked, ...readMethod(sections.Method[0]) };
}

function readMethod(line: ProgramLine | undefined): Pick<ProbabilityProgram, 'method' | 'samples' | 'seed'> {
  const [, method = 'exact', samples, seed] =
    /^\s*([a-z-]+)(?:[\s,]+(?:samples\s*=?\s*)?(\d{1,9}))?(?:[\s,]+seed\s*=?\s*(\d{1,9}))?\s*$/.exec(
      line?.text ?? 'exact',
    ) ?? [];
  if (method !== 'exact' && method !== 'likelihood-weighting' && method !== 'metropolis-hastings')
    throw new ProgramError(
      `there is no method "${cut(line?.text ?? '')}"; write exact, likelihood-weighting or metropolis-hastings`,
      line?.line,
    );
  const count = Number(samples ?? DEFAULT_SAMPLES);
  if (count < 100 || count > MOST_SAMPLES)
    throw new ProgramError(`${count} samples; it must lie between 100 and ${MOST_SAMPLES}`, line?.line);
  return { method, samples: count, seed: Number(seed ?? 0) };
}

/** `Weather [IN] {sun, rain, snow}` */
function readDomains(lines: readonly ProgramLine[]): ReadonlyMap<string, readonly Value[]> {
  return new Map(
    lines.map(({ text, line }) => {
      const [, name = '', list = ''] =
        /^([^\s[{:]{1,100})\s*(?:\[IN\]|in|:)\s*[{[]([^}\]]{1,5000})[}\]]\s*$/i.exec(text) ?? [];
      const values = list.split(',').map((item) => readPlainValue(item.trim()));
      if (name === '' || values.some((value) => value === ''))
        throw new ProgramError(
          `"${cut(text)}" is no variable with its values; write Weather [IN] {sun, rain}`,
          line,
        );
      return [name, values] as const;
    }),
  );
}

function readPlainValue(text: string): Value {
  return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
}

/** `P(Wet = yes | Rain = yes) = 0.9` */
function readRow({ text, line }: ProgramLine): ProbabilityRow {
  const reader = probabilityReader(text, line);
  if (reader.take().value !== 'P') throw new ProgramError(`"${cut(text)}" does not begin with P(`, line);
  reader.expect('(', 'after P');
  const plain = ({ reference, value }: Assignment): [string, Value] => {
    if (reference.set.size > 0)
      throw new ProgramError('a probability that is given has no interventions', line);
    return [reference.variable, value];
  };
  const [variable, value] = plain(readAssignment(reader));
  const given = reader.skip('|') ? readAssignments(reader).map(plain) : [];
  reader.expect(')', 'after the condition');
  reader.expect('=', 'before the probability');
  const probability = readNumber(reader);
  reader.end('the probability');
  if (probability.compare(0) < 0 || probability.compare(1) > 0)
    throw new ProgramError(`${probability.toString()} is no probability`, line);
  return { variable, value, given: new Map(given), probability, line };
}

function readAssignments(reader: TokenReader): Assignment[] {
  const list = [readAssignment(reader)];
  while (reader.skip(',')) list.push(readAssignment(reader));
  return list;
}

/** `Rain`, `not Rain`, `Rain = yes`, `Y[X = 1] = 1` */
function readAssignment(reader: TokenReader): Assignment {
  const negated = reader.skip('¬') || (reader.peek().value === 'not' && reader.take().kind === 'name');
  const reference = readReference(reader);
  if (negated) return { reference, value: 'false' };
  if (!reader.skip('=') && !reader.skip('==')) return { reference, value: 'true' };
  return { reference, value: readValue(reader) };
}

function readReference(reader: TokenReader): Reference {
  if (reader.peek().kind !== 'name') throw reader.unexpected('a variable');
  const variable = reader.take().value;
  const set = new Map<string, Value | Reference>();
  if (reader.skip('[')) {
    do {
      const name = reader.take().value;
      reader.expect('=', 'in the intervention');
      const nested = reader.peek().kind === 'name' && reader.peekAfter().value === '[';
      set.set(name, nested ? readReference(reader) : readValue(reader));
    } while (reader.skip(','));
    reader.expect(']', 'after the interventions');
  }
  return { variable, set };
}

/** `P(Y = 1 | do(X = 1), Z = 0)`: an intervention holds for everything in the term. */
function askNetwork(network: ProbabilityNetwork): (reader: TokenReader) => Asked {
  return (reader) => {
    const wanted = readAssignments(reader);
    const given: Assignment[] = [];
    const set = new Map<string, Value>();
    if (reader.skip('|'))
      do {
        if (reader.peek().value === 'do' && reader.peekAfter().value === '(') {
          reader.take();
          reader.take();
          for (const { reference, value } of readAssignments(reader)) set.set(reference.variable, value);
          reader.expect(')', 'after the intervention');
        } else given.push(readAssignment(reader));
      } while (reader.skip(','));
    const within = ({ reference, value }: Assignment): Assignment => ({
      reference: { ...reference, set: new Map<string, Value | Reference>([...set, ...reference.set]) },
      value,
    });
    return network.ask(wanted.map(within), given.map(within));
  };
}

function askModel(model: GenerativeModel, line: number): (reader: TokenReader) => Asked {
  return (reader) => {
    const read = () => {
      const parts = [readCondition(reader, line)];
      while (reader.skip(',')) parts.push(readCondition(reader, line));
      return (world: ReadonlyMap<string, Value>) => parts.every((part) => part(world) === 'true');
    };
    const holds = read();
    const given = reader.skip('|') ? read() : () => true;
    return { model, holds, given, evidence: new Map() };
  };
}

/** Reads sums, products and parentheses over `P(…)` and numbers. */
function readTerm(reader: TokenReader, readProbability: () => ProbabilityTerm): ProbabilityTerm {
  let depth = 0;
  const sum = (): ProbabilityTerm => {
    let left = product();
    for (;;) {
      if (reader.skip('+')) left = { kind: '+', left, right: product() };
      else if (reader.skip('-')) left = { kind: '-', left, right: product() };
      else return left;
    }
  };
  const product = (): ProbabilityTerm => {
    let left = factor();
    for (;;) {
      if (reader.skip('*')) left = { kind: '*', left, right: factor() };
      else if (reader.skip('/')) left = { kind: '/', left, right: factor() };
      else return left;
    }
  };
  const factor = (): ProbabilityTerm => {
    if (reader.peek().value === 'P' && reader.peekAfter().value === '(') {
      reader.take();
      reader.take();
      const term = readProbability();
      reader.expect(')', 'after the condition');
      return term;
    }
    if (reader.skip('(')) {
      if (++depth > MOST_ASKED) throw reader.unexpected('fewer parentheses');
      const inner = sum();
      reader.expect(')', 'after the term');
      return inner;
    }
    return { kind: 'number', value: readNumber(reader) };
  };
  return sum();
}

/** The value of a query; undefined where it divides by 0. */
export function evaluateTerm(term: ProbabilityTerm, values: readonly Fraction[]): Fraction | undefined {
  switch (term.kind) {
    case 'number':
      return term.value;
    case 'probability':
      return values[term.index];
    case '+':
    case '-':
    case '*':
    case '/': {
      const left = evaluateTerm(term.left, values);
      const right = evaluateTerm(term.right, values);
      if (!left || !right) return undefined;
      if (term.kind === '/') return right.equals(0) ? undefined : left.div(right);
      return term.kind === '+' ? left.add(right) : term.kind === '-' ? left.sub(right) : left.mul(right);
    }
    default:
      return term satisfies never;
  }
}
