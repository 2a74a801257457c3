/**
 * A relational graph network: learns from facts, or from questions and answers, which paths lead from an entity to what is asked, ranks
 * all entities that are reached, and explains an answer by its paths. After NBFNet (Zhu et al. 2021, arXiv:2106.06935).
 * Differs: a sum instead of the four moments, no offsets (so that only what is reached has to be computed), and a softmax over
 * the sampled negatives.
 */
import { InputError } from '../core/errors.ts';
import { arena } from '../tensor/arena.ts';
import { adamW, blank, type NamedTensors } from '../tensor/optimizer.ts';
import type { UniformStream } from '../tensor/random.ts';
import type { Edge, KnowledgeGraph } from './graph.ts';
import { adjacency, type Frontier, frontier, type GraphQuestion, type Reach } from './graph-frontier.ts';
import { type GraphNetworkShape, graphNetworkLayers, initialGraphWeights } from './graph-network-layers.ts';
import { type GraphPath, strongestPaths } from './graph-paths.ts';

/** A question with the entities that answer it. */
export interface GraphExample extends GraphQuestion {
  readonly answers: readonly number[];
  /** Entities that are right as well, and count neither for nor against. */
  readonly alsoRight?: readonly number[];
}

/** An entity that a question reaches. */
export interface RankedEntity {
  readonly entity: number;
  readonly score: number; // comparable within one question
}

export interface GraphNetworkOptions {
  readonly random: UniformStream;
  readonly features: number; // how many features questions are made of
  readonly width?: number; // a multiple of 4; default 32
  readonly steps?: number; // facts on the longest path; default 3
  /** One set of weights for all steps, so that longer paths than those of training can be asked about. Default false. */
  readonly tied?: boolean;
  readonly reach?: Reach; // default `all`
  /** Wrong entities that a question of training is compared with, drawn from those it reaches. Default 256. */
  readonly negatives?: number;
  /** Standard deviation of what training adds to states: paths longer than those of training need states that bear it. Default 0. */
  readonly noise?: number;
  readonly weightDecay?: number; // per unit of learning rate; default 0
}

/** A network over a graph. */
export interface GraphNetwork {
  readonly weights: NamedTensors; // changed in place by `train`
  /**
   * One update of the weights on a batch; gives its mean loss. Examples of which no answer is reached teach nothing.
   * Throws NotFiniteError, with the weights as before, when a gradient is not finite.
   */
  train(examples: readonly GraphExample[], at: { readonly learningRate: number }): number;
  /** The entities that a question reaches, best first. */
  rank(question: GraphQuestion): RankedEntity[];
  /** The paths of facts that the score of an answer hangs on most, best first; none for an entity that is not reached. */
  explain(question: GraphQuestion, entity: number, most?: number): GraphPath[];
}

const MOST_STEPS = 64;
const MOST_WIDTH = 1024;
const MOST_FEATURES = 2 ** 22;
const MOST_NEGATIVES = 2 ** 22;

/** Prepares a network over a graph. Throws InputError for sizes out of range. */
export function graphNetwork(
  graph: Pick<KnowledgeGraph, 'entities' | 'relations' | 'edges'>,
  {
    random,
    features,
    width = 32,
    steps = 3,
    tied = false,
    reach = 'all',
    negatives = 256,
    noise = 0,
    weightDecay = 0,
  }: GraphNetworkOptions,
): GraphNetwork {
  checkSize('width', width, MOST_WIDTH);
  if (width % 4 !== 0) throw new InputError(`The width of a graph network is a multiple of 4, not ${width}`);
  checkSize('steps', steps, MOST_STEPS);
  checkSize('features', features, MOST_FEATURES);
  checkSize('negatives', negatives, MOST_NEGATIVES);
  const around = adjacency(graph);
  const shape: GraphNetworkShape = { features, relations: around.relations, width, steps, tied };
  const memory = arena();
  const kept = (tensors: NamedTensors): NamedTensors =>
    Object.fromEntries(
      Object.entries(tensors).map(([name, { data, shape }]) => {
        const copy = memory.floats(data.length);
        copy.set(data);
        return [name, { data: copy, shape }];
      }),
    );
  const weights = kept(initialGraphWeights(shape, random));
  const gradients = kept(blank(weights));
  const layers = graphNetworkLayers(shape, weights, gradients, memory);
  const optimizer = adamW({ weightDecay, beta2: 0.99 });
  const moments = optimizer.initial(weights);
  let step = 0;

  const reached = (question: GraphQuestion): Frontier => {
    for (const feature of question.features)
      if (!Number.isInteger(feature) || feature < 0 || feature >= features)
        throw new InputError(`Feature ${feature} is not one of ${features}`);
    return frontier(around, question, steps, reach);
  };
  const disturbance = noise > 0 ? () => noise * Math.sqrt(12) * (random.next() - 0.5) : undefined;

  /** Adds an example's share of the gradients, and gives its loss. */
  function learn(example: GraphExample, share: number): number {
    const found = reached(example);
    const { scored, right, weight } = candidates(found.rows, example, negatives, random);
    if (right === 0) return 0;
    const activations = layers.forward(example.features, found, scored, disturbance);
    const { loss, slopes } = crossEntropy(activations.scores, right, weight);
    layers.backward(
      activations,
      slopes.map((slope) => slope * share),
    );
    return loss;
  }

  return {
    weights,
    train: (examples, { learningRate }) => {
      if (examples.length === 0) throw new InputError('A batch needs at least one example');
      for (const { data } of Object.values(gradients)) data.fill(0);
      let loss = 0;
      for (const example of examples) loss += memory.scope(() => learn(example, 1 / examples.length));
      optimizer.update(weights, gradients, moments, { step: step + 1, learningRate });
      step++;
      return loss / examples.length;
    },
    rank: (question) => {
      const found = reached(question);
      return memory
        .scope(() =>
          Array.from(layers.forward(question.features, found, inOrder(found)).scores, (score, row) => ({
            entity: found.rows[row] as number,
            score,
          })),
        )
        .sort((a, b) => b.score - a.score);
    },
    explain: (question, entity, most = 3) => {
      const found = reached(question);
      const row = found.rows.indexOf(entity);
      if (row < 0) return [];
      return memory.scope(() => {
        const activations = layers.forward(question.features, found, inOrder(found));
        const chosen = new Float32Array(found.rows.length);
        chosen[row] = 1;
        return strongestPaths(found, layers.backward(activations, chosen, true), row, most);
      });
    },
  };
}

/** Facts as questions in both directions, each without the fact itself; `known` are facts that may not count as wrong answers. */
export function linkExamples(
  { edges, relations }: Pick<KnowledgeGraph, 'edges' | 'relations'>,
  known: readonly Edge[] = edges,
): GraphExample[] {
  const right = new Map<string, number[]>();
  const questionsOf = ({ from, relation, to }: Edge) =>
    [
      { head: from, asked: relation, answer: to },
      { head: to, asked: relation + relations.length, answer: from },
    ] as const;
  for (const edge of known)
    for (const { head, asked, answer } of questionsOf(edge)) {
      const key = `${head} ${asked}`;
      const answers = right.get(key);
      if (answers) answers.push(answer);
      else right.set(key, [answer]);
    }
  return edges.flatMap((edge) =>
    questionsOf(edge).map(({ head, asked, answer }) => ({
      head,
      features: [asked],
      without: [edge],
      answers: [answer],
      alsoRight: right.get(`${head} ${asked}`) ?? [],
    })),
  );
}

function checkSize(name: string, size: number, most: number): void {
  if (!Number.isInteger(size) || size < 1 || size > most)
    throw new InputError(`The ${name} of a graph network is a whole number from 1 to ${most}, not ${size}`);
}

function inOrder({ rows }: Frontier): Int32Array {
  return Int32Array.from(rows.keys());
}

/**
 * The rows that an example is trained on: the right ones first, then wrong ones, of which each stands for `weight`. Without
 * replacement, by a shuffle that stops early.
 */
function candidates(
  rows: Int32Array,
  { answers, alsoRight = [] }: GraphExample,
  negatives: number,
  random: UniformStream,
): { scored: Int32Array; right: number; weight: number } {
  const [right, others] = [new Set(answers), new Set(alsoRight)];
  const correct: number[] = [];
  const wrong: number[] = [];
  rows.forEach((entity, row) => {
    if (right.has(entity)) correct.push(row);
    else if (!others.has(entity)) wrong.push(row);
  });
  const count = Math.min(negatives, wrong.length);
  if (count < wrong.length)
    for (let at = 0; at < count; at++) {
      const other = at + Math.floor(random.next() * (wrong.length - at));
      [wrong[at], wrong[other]] = [wrong[other] as number, wrong[at] as number];
    }
  const scored = Int32Array.from([...correct, ...wrong.slice(0, count)]);
  return { scored, right: correct.length, weight: wrong.length / Math.max(1, count) };
}

/** -Σ log softmax over the first `right` scores, in equal shares, and its slopes; each of the other scores counts `weight` times. */
function crossEntropy(
  scores: Float32Array,
  right: number,
  weight: number,
): { loss: number; slopes: Float32Array } {
  const highest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = scores.map((score, at) => (at < right ? 1 : weight) * Math.exp(score - highest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  const slopes = powers.map((power, at) => power / total - (at < right ? 1 / right : 0));
  const mean = scores.subarray(0, right).reduce((sum, score) => sum + score, 0) / right;
  return { loss: Math.log(total) + highest - mean, slopes };
}
