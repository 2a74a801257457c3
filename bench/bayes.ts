/**
 * CLadder's causal models and formal queries (Jin et al. 2023) and generated urn and dice problems: exact probabilities
 * beside the published or computed ones, and how often the two samplers come within their own standard error.
 *
 *   node bench/bayes.ts [--json] [--samples 2000]
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import type { Random } from '../src/core/random.ts';
import { seeded } from '../src/core/random.ts';
import { wilson } from '../src/evaluation/statistics/wilson.ts';
import { checkProbabilities } from '../src/symbolic/check-probabilities.ts';
import { solveProbabilities } from '../src/symbolic/probabilities.ts';
import { sharedData } from '../test/shared-data.ts';

interface CausalModel {
  readonly model_id: number;
  readonly equation_type: string;
  readonly structure: string; // X->V2,X->Y
  readonly params: Readonly<Record<string, unknown>>; // 'p(Y | X, V2)': [[…], […]]
  readonly groundtruth: Readonly<Record<string, number>>;
}

interface Question {
  readonly question_id: number;
  readonly meta: {
    readonly query_type: string;
    readonly model_id: number;
    readonly treatment: string;
    readonly outcome: string;
    readonly groundtruth: unknown;
    readonly graph_id: string;
  };
}

interface Asked {
  readonly set: string;
  readonly program: string;
  readonly expected: number; // by other means than ours
  readonly published?: number;
}

/** Published numbers are computed in floating point along another way. */
const TOLERANCE = 1e-6;
const URNS = 400;
const SAMPLED = 250; // queries for the samplers

const { values: flags } = parseArgs({ options: { json: { type: 'boolean' }, samples: { type: 'string' } } });
const samples = Number(flags.samples ?? 2000);

function readJson<T>(file: string): T {
  const path = sharedData(`cladder/${file}`);
  if (path === undefined) throw new Error('The causal questions are not here: ../shared/data is needed');
  return JSON.parse(gunzipSync(readFileSync(path)).toString('utf8')) as T;
}

/** The tables of a model as rows `P(Y = 1 | X = 0, V2 = 1) = …`. */
function networkOf({ params }: CausalModel): string {
  const rows = Object.entries(params).flatMap(([name, table]) => {
    const [, variable = '', given = ''] = /^p\((\w+)(?: \| ([\w, ]+))?\)$/.exec(name) ?? [];
    const parents = given === '' ? [] : given.split(', ');
    const walk = (part: unknown, values: readonly number[]): string[] =>
      Array.isArray(part) && values.length < parents.length
        ? part.flatMap((one, value) => walk(one, [...values, value]))
        : [
            `P(${variable} = 1${values.length > 0 ? ` | ${values.map((value, index) => `${parents[index]} = ${value}`).join(', ')}` : ''}) = ${[part].flat()[0]}`,
          ];
    return walk(table, []);
  });
  return `Probabilities:\n${rows.join('\n')}\n`;
}

/** Variables between treatment and outcome. */
function mediatorsOf({ structure }: CausalModel): string[] {
  const edges = structure.split(',').map((edge) => edge.split('->'));
  const reaches = (from: string, to: string): boolean =>
    edges.some(([start, end]) => start === from && (end === to || reaches(end as string, to)));
  return [...new Set(edges.flat())].filter(
    (name) => name !== 'X' && name !== 'Y' && reaches('X', name) && reaches(name, 'Y'),
  );
}

/** A query type as one of our queries. */
function queryOf(type: string, model: CausalModel): string | undefined {
  const natural = (value: number) =>
    mediatorsOf(model)
      .map((name) => `, ${name} = ${name}[X = ${value}]`)
      .join('');
  switch (type) {
    case 'marginal':
      return 'P(Y = 1)';
    case 'correlation':
      return 'P(Y = 1 | X = 1) - P(Y = 1 | X = 0)';
    case 'exp_away':
      return 'P(Y = 1 | X = 1, V3 = 1) - P(Y = 1 | V3 = 1)';
    case 'ate':
      return 'P(Y = 1 | do(X = 1)) - P(Y = 1 | do(X = 0))';
    case 'ett':
      return 'P(Y[X = 1] = 1 | X = 1) - P(Y[X = 0] = 1 | X = 1)';
    case 'nde':
      return `P(Y[X = 1${natural(0)}] = 1) - P(Y[X = 0] = 1)`;
    case 'nie':
      return `P(Y[X = 0${natural(1)}] = 1) - P(Y[X = 0] = 1)`;
    default:
      return undefined; // graphs and adjustment sets, no probabilities
  }
}

interface Table {
  readonly variable: string;
  readonly parents: readonly string[];
  readonly at: (values: ReadonlyMap<string, number>) => number; // probability of 1 given the parents
}

function tablesOf({ params }: CausalModel): Table[] {
  return Object.entries(params).map(([name, table]) => {
    const [, variable = '', given = ''] = /^p\((\w+)(?: \| ([\w, ]+))?\)$/.exec(name) ?? [];
    const parents = given === '' ? [] : given.split(', ');
    const at = (values: ReadonlyMap<string, number>) => {
      let part: unknown = table;
      for (const parent of parents) part = (part as unknown[])[values.get(parent) as number];
      return Number([part].flat()[0]);
    };
    return { variable, parents, at };
  });
}

/**
 * A query by summing the textbook's formula over all values of all variables, in floating point: a variable sees X as
 * `seen` says, and X itself weighs in only where it is observed.
 */
function bySums(type: string, model: CausalModel): number {
  const tables = tablesOf(model);
  const mediators = mediatorsOf(model);
  const sum = (
    seen: (variable: string) => number | undefined, // the value of X that a variable is shown; undefined: the actual one
    observed: Readonly<Record<string, number>>,
    weighsX: boolean,
  ): number => {
    let total = 0;
    for (let bits = 0; bits < 2 ** tables.length; bits++) {
      const values = new Map(tables.map(({ variable }, index) => [variable, (bits >> index) & 1]));
      if (Object.entries(observed).some(([name, value]) => values.get(name) !== value)) continue;
      let product = 1;
      for (const { variable, at } of tables) {
        if (variable === 'X' && !weighsX) {
          if (values.get('X') === 1) product = 0; // one of its two values, so that nothing counts twice
          continue;
        }
        const shown = variable === 'X' ? undefined : seen(variable);
        const one = at(shown === undefined ? values : new Map(values).set('X', shown));
        product *= values.get(variable) === 1 ? one : 1 - one;
      }
      total += product;
    }
    return total;
  };
  const actual = () => undefined;
  const given = (observed: Readonly<Record<string, number>>) =>
    sum(actual, { ...observed, Y: 1 }, true) / sum(actual, observed, true);
  const set = (x: number) => sum(() => x, { Y: 1 }, false);
  const treated = (x: number) => sum(() => x, { Y: 1, X: 1 }, true) / sum(actual, { X: 1 }, true);
  const natural = (direct: number, through: number) =>
    sum((variable) => (mediators.includes(variable) ? through : direct), { Y: 1 }, false);
  switch (type) {
    case 'marginal':
      return sum(actual, { Y: 1 }, true);
    case 'correlation':
      return given({ X: 1 }) - given({ X: 0 });
    case 'exp_away':
      return given({ X: 1, V3: 1 }) - given({ V3: 1 });
    case 'ate':
      return set(1) - set(0);
    case 'ett':
      return treated(1) - treated(0);
    case 'nde':
      return natural(1, 0) - set(0);
    default:
      return natural(0, 1) - set(0);
  }
}

function causalQuestions(models: ReadonlyMap<number, CausalModel>): Asked[] {
  const asked = new Map<string, Asked>();
  for (const file of ['easy', 'hard', 'anti', 'non'])
    for (const { meta } of readJson<Question[]>(`test-generate-${file}.json.gz`)) {
      const model = models.get(meta.model_id);
      if (!model || typeof meta.groundtruth !== 'number') continue;
      const query = queryOf(meta.query_type, model);
      if (query === undefined) continue;
      asked.set(`${meta.model_id} ${query}`, {
        set: meta.query_type,
        program: `${networkOf(model)}Query: ${query}`,
        expected: bySums(meta.query_type, model),
        published: meta.groundtruth,
      });
    }
  return [...asked.values()];
}

/** Draws without replacement, the sum of two dice, and which of two bags a ball came from; the answer by counting. */
function urnQuestion(random: Random): Asked {
  const between = (least: number, most: number) => least + random.integer(most - least + 1);
  const kind = random.integer(3);
  const [red, blue] = [between(2, 9), between(2, 9)];
  if (kind === 0)
    return {
      set: 'urn',
      program: `Model:\nurn bag = red: ${red}, blue: ${blue}\na, b ~ draw(bag)\nQuery: P(a == red and b == red)`,
      expected: (red * (red - 1)) / ((red + blue) * (red + blue - 1)),
    };
  if (kind === 1) {
    const wanted = between(3, 11);
    return {
      set: 'dice',
      program: `Model:\na, b ~ uniform(1..6)\nQuery: P(a + b == ${wanted})`,
      expected: (6 - Math.abs(7 - wanted)) / 36,
    };
  }
  const [otherRed, otherBlue] = [between(2, 9), between(2, 9)];
  const [first, second] = [red / (red + blue), otherRed / (otherRed + otherBlue)];
  return {
    set: 'which bag',
    program: `Model:\nurn one = red: ${red}, blue: ${blue}\nurn two = red: ${otherRed}, blue: ${otherBlue}\nbag ~ uniform(one, two)\nball ~ if bag == one then draw(one) else draw(two)\nQuery: P(bag == one | ball == red)`,
    expected: first / (first + second),
  };
}

function numberOf(answer: string): number {
  return Number(/\(([-\d.e]+)\)$/.exec(answer)?.[1] ?? answer);
}

const models = new Map(
  readJson<CausalModel[]>('test-model-meta.json.gz').map((model) => [model.model_id, model]),
);
const random = seeded('bayes');
const asked = [
  ...causalQuestions(models),
  ...Array.from({ length: URNS }, (_, index) => urnQuestion(random.fork(String(index)))),
];

const bySet = new Map<
  string,
  { n: number; exact: number; accepted: number; worst: number; published: number; inconsistent: number }
>();
const startedAt = performance.now();
for (const { set, program, expected, published } of asked) {
  const row = bySet.get(set) ?? { n: 0, exact: 0, accepted: 0, worst: 0, published: 0, inconsistent: 0 };
  bySet.set(set, row);
  const { answer, certificate } = solveProbabilities(program);
  const error = Math.abs(numberOf(answer) - expected);
  row.n++;
  row.worst = Math.max(row.worst, error);
  if (error <= TOLERANCE) row.exact++;
  if (published !== undefined) {
    row.published++;
    if (Math.abs(published - expected) > TOLERANCE) row.inconsistent++;
  }
  if (checkProbabilities(program, answer, certificate).verdict === 'accepted') row.accepted++;
}
const seconds = (performance.now() - startedAt) / 1000;

const sampled = Array.from(
  { length: SAMPLED },
  (_, index) => asked[Math.floor((index * asked.length) / SAMPLED)] as Asked,
);
const samplers = ['likelihood-weighting', 'metropolis-hastings'].map((method) => {
  const scores = sampled.map(({ program }, index) => {
    const exact = numberOf(solveProbabilities(program).answer);
    const { answer } = solveProbabilities(
      program.replace('Query:', `Method: ${method} ${samples} seed ${index}\nQuery:`),
    );
    const [value = 0, error = 0] = answer.split(' ± ').map(Number);
    // estimate and error are printed to four decimals
    return Math.max(0, Math.abs(value - exact) - 1e-4) / Math.max(error, 5e-5);
  });
  const within = (times: number) => scores.filter((score) => score <= times).length;
  return {
    method,
    n: scores.length,
    withinOne: { share: within(1) / scores.length, interval: wilson(within(1), scores.length) },
    withinTwo: { share: within(1.96) / scores.length, interval: wilson(within(1.96), scores.length) },
    worst: Math.max(...scores),
  };
});

const report = { n: asked.length, seconds, sets: Object.fromEntries(bySet), samples, samplers };
if (flags.json) console.log(JSON.stringify(report, null, 2));
else {
  const percent = (share: number) => (100 * share).toFixed(1);
  console.log(`${asked.length} different queries, ${seconds.toFixed(1)} s with their checks`);
  for (const [set, { n, exact, accepted, worst, published, inconsistent }] of bySet)
    console.log(
      `  ${set.padEnd(12)} n = ${n}: ${exact} within ${TOLERANCE}, worst ${worst.toExponential(1)}; ${accepted} certificates accepted${inconsistent > 0 ? `; ${inconsistent} of ${published} published numbers are not those of their own tables` : ''}`,
    );
  for (const { method, n, withinOne, withinTwo, worst } of samplers)
    console.log(
      `  ${method}, ${samples} samples, n = ${n}: within 1 standard error ${percent(withinOne.share)} % [${withinOne.interval.map(percent).join(', ')}] (68.3 expected), within 1.96 ${percent(withinTwo.share)} % [${withinTwo.interval.map(percent).join(', ')}] (95), worst ${worst.toFixed(1)}`,
    );
}
