import type { Json } from '../../core/model.ts';
import type { Question } from '../../core/problem.ts';
import type { Solution } from '../../core/solution.ts';
import { callsKey, canonicalValue } from './canonical-json.ts';
import type { Group } from './vote.ts';

/** Objects are voted on field by field down to here; what lies deeper votes as one value. */
const MOST_DEPTH = 8;
/** Fields that are voted on; more vote as one value. */
const MOST_FIELDS = 500;

interface Ballot {
  readonly solution: Solution;
  readonly weight: number;
  readonly value: unknown;
}

/** The outcome of the vote at one place of the document. */
interface FieldVote {
  readonly value: unknown; // the winner's, undefined: the field is left out
  readonly weight: number; // of those who agree
  readonly decided: boolean; // false: free text in which no two samples agree
  readonly agree: ReadonlySet<Ballot>;
}

/**
 * Votes on documents field by field: numbers by value, words without regard to case and spaces, anything else by its
 * canonical form, each read as the schema's type. The winning document takes each field's winner; free text comes from the
 * sample that agrees with most winners. Its weight is the weight of its least agreed field. The first group is the winner.
 */
export function tallyFields(
  solutions: readonly Solution[],
  question: Question,
  weights?: readonly number[],
): Group[] {
  const calls = new Map<string, { solutions: Solution[]; weight: number }>();
  const ballots: Ballot[] = [];
  solutions.forEach((solution, index) => {
    const weight = weights?.[index] ?? 1;
    if (solution.toolCalls && solution.toolCalls.length > 0) {
      const key = callsKey(solution.toolCalls);
      const group = calls.get(key) ?? { solutions: [], weight: 0 };
      group.solutions.push(solution);
      group.weight += weight;
      calls.set(key, group);
    } else if (solution.answer !== undefined) {
      const value = parse(solution.answer);
      if (value !== undefined) ballots.push({ solution, weight, value });
    }
  });
  const callGroups = [...calls].map(([key, group]) => ({ key, ...group }));
  if (ballots.length === 0) return callGroups.sort((a, b) => b.weight - a.weight);
  const documents = documentGroups(ballots, question);
  return [...documents, ...callGroups].sort((a, b) => b.weight - a.weight);
}

function documentGroups(ballots: readonly Ballot[], question: Question): Group[] {
  const { responseFormat } = question;
  const schema = responseFormat?.type === 'json-schema' ? responseFormat.schema : undefined;
  const fields: FieldVote[] = [];
  const place = (at: readonly Ballot[], path: readonly string[], type: Json | undefined): unknown => {
    const values = at.map((ballot) => valueAt(ballot.value, path));
    const objects = values.filter(isObject);
    const weightOf = (list: readonly Ballot[]) => list.reduce((sum, { weight }) => sum + weight, 0);
    const split =
      path.length < MOST_DEPTH &&
      fields.length < MOST_FIELDS &&
      weightOf(at.filter((_, index) => isObject(values[index]))) * 2 > weightOf(at);
    if (!split) {
      const vote = voteAt(at, path, type);
      fields.push(vote);
      return vote;
    }
    const keys = [...new Set(objects.flatMap((object) => Object.keys(object)))];
    return new Map(keys.map((key) => [key, place(at, [...path, key], property(type, key))]));
  };
  const tree = place(ballots, [], schema);
  const agreement = (ballot: Ballot) => fields.filter((field) => field.agree.has(ballot)).length;
  const base = ballots.toSorted((a, b) => agreement(b) - agreement(a))[0] as Ballot; // stable: the earliest of the best
  const text = JSON.stringify(assemble(tree, base.value, []));
  const decided = fields.filter((field) => field.decided);
  const total = ballots.reduce((sum, { weight }) => sum + weight, 0);
  const weight = decided.length > 0 ? Math.min(...decided.map((field) => field.weight)) : base.weight;
  const agreeing = ballots.filter((ballot) => decided.every((field) => field.agree.has(ballot)));
  const untouched = canonicalValue(base.value) === canonicalValue(JSON.parse(text));
  const winner: Solution = untouched
    ? base.solution
    : { ...withoutLogProbs(base.solution), steps: [text], text, answer: text };
  const others = grouped(ballots.filter((ballot) => !agreeing.includes(ballot) && ballot !== base));
  const rest = others.reduce((sum, group) => sum + group.weight, 0);
  // the weights of a tally add up to those of its ballots
  return [
    {
      key: canonicalValue(JSON.parse(text)),
      solutions: [winner, ...agreeing.map(({ solution }) => solution).filter((one) => one !== base.solution)],
      weight: rest === 0 ? total : weight,
    },
    ...others.map((group) => ({ ...group, weight: (group.weight / rest) * (total - weight) })),
  ];
}

function voteAt(ballots: readonly Ballot[], path: readonly string[], type: Json | undefined): FieldVote {
  const counted = new Map<string, Ballot[]>();
  for (const ballot of ballots) {
    const key = fieldKey(valueAt(ballot.value, path), type);
    counted.set(key, [...(counted.get(key) ?? []), ballot]);
  }
  const weightOf = (list: readonly Ballot[]) => list.reduce((sum, { weight }) => sum + weight, 0);
  const winners = [...counted.values()].toSorted((a, b) => weightOf(b) - weightOf(a))[0] as Ballot[];
  const value = valueAt((winners[0] as Ballot).value, path);
  const free = (typeof value === 'string' || Array.isArray(value)) && !isEnum(type);
  return {
    value,
    weight: weightOf(winners),
    decided: !free || winners.length > 1 || ballots.length === 1,
    agree: new Set(winners),
  };
}

/** The form in which two values of a field are the same. */
function fieldKey(value: unknown, type: Json | undefined): string {
  if (typeof value === 'string') {
    const trimmed = value.trim();
    if (isNumeric(type) && trimmed !== '' && Number.isFinite(Number(trimmed))) return String(Number(trimmed));
    return JSON.stringify(isEnum(type) ? value : trimmed.toLowerCase().split(/\s+/).join(' '));
  }
  return typeof value === 'number' ? String(value) : canonicalValue(value);
}

function assemble(tree: unknown, base: unknown, path: readonly string[]): unknown {
  if (tree instanceof Map) {
    const entries: [string, unknown][] = [];
    for (const [key, below] of tree as Map<string, unknown>) {
      const value = assemble(below, base, [...path, key]);
      if (value !== undefined) entries.push([key, value]);
    }
    return Object.fromEntries(entries);
  }
  const vote = tree as FieldVote;
  return vote.decided ? vote.value : valueAt(base, path);
}

function grouped(ballots: readonly Ballot[]): Group[] {
  const groups = new Map<string, { solutions: Solution[]; weight: number }>();
  for (const { solution, weight, value } of ballots) {
    const key = canonicalValue(value);
    const group = groups.get(key) ?? { solutions: [], weight: 0 };
    group.solutions.push(solution);
    group.weight += weight;
    groups.set(key, group);
  }
  return [...groups].map(([key, group]) => ({ key, ...group }));
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    canonicalValue(value); // a document nested too deep to compare does not vote
    return value;
  } catch {
    return undefined; // not JSON: it does not vote
  }
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const key of path) at = isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  return at;
}

function property(schema: Json | undefined, key: string): Json | undefined {
  const properties = isObject(schema) ? schema.properties : undefined;
  return isObject(properties) && Object.hasOwn(properties, key) ? (properties[key] as Json) : undefined;
}

function isEnum(schema: Json | undefined): boolean {
  return isObject(schema) && (Array.isArray(schema.enum) || schema.const !== undefined);
}

function isNumeric(schema: Json | undefined): boolean {
  return isObject(schema) && (schema.type === 'number' || schema.type === 'integer');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** They belong to a text that is no longer the answer. */
function withoutLogProbs({ logProbs: _logProbs, meanLogProb: _mean, ...solution }: Solution): Solution {
  return solution;
}
