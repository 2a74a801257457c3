/**
 * A relational graph network: learns from facts, or from questions and answers, which paths lead from an entity to what is asked, ranks
 * all entities that are reached, and explains an answer by its paths. After NBFNet (Zhu et al. 2021, arXiv:2106.06935).
 * Differs: a sum instead of the four moments, no offsets (so that only what is reached has to be computed), and a softmax over
 * all candidates instead of sampled negatives.
 */
import { InputError } from '../core/errors.ts';
import { type CompileOptions, loadJax } from '../tensor/compile.ts';
import { executorCache } from '../tensor/executor-cache.ts';
import { adamW, blank, type NamedTensors } from '../tensor/optimizer.ts';
import type { UniformStream } from '../tensor/random.ts';
import { scalar, type Tensor, zeros } from '../tensor/tensor.ts';
import type { Traced } from '../tensor/trace.ts';
import type { Edge, KnowledgeGraph } from './graph.ts';
import {
  type Adjacency,
  adjacency,
  type Frontier,
  frontier,
  type GraphQuestion,
  type Reach,
} from './graph-frontier.ts';
import {
  type GraphInputs,
  type GraphNetworkShape,
  graphNetworkLayers,
  initialGraphWeights,
} from './graph-network-layers.ts';
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

export interface GraphNetworkOptions extends CompileOptions {
  readonly random: UniformStream;
  readonly features: number; // how many features questions are made of
  readonly width?: number; // default 32
  readonly steps?: number; // facts on the longest path; default 3
  /** One set of weights for all steps, so that longer paths than those of training can be asked about. Default false. */
  readonly tied?: boolean;
  readonly reach?: Reach; // default `all`
  /** Per unit of learning rate. Default 0; with tied weights 0.5 to 4 helps on paths longer than those of training. */
  readonly weightDecay?: number;
}

/** A network over a graph. One call at a time. */
export interface GraphNetwork {
  readonly weights: NamedTensors; // changed in place by `train`
  /**
   * One update of the weights on a batch; gives its mean loss. Examples of which no answer is reached teach nothing.
   * Throws NotFiniteError, with the weights as before, when a gradient is not finite.
   */
  train(examples: readonly GraphExample[], at: { readonly learningRate: number }): Promise<number>;
  /** The entities that each question reaches, best first. */
  rank(questions: readonly GraphQuestion[]): Promise<RankedEntity[][]>;
  /** The paths of facts that the score of an answer hangs on most, best first; none for an entity that is not reached. */
  explain(question: GraphQuestion, entity: number, most?: number): Promise<GraphPath[]>;
  dispose(): Promise<void>;
}

const BLOCKED = -1e9;
/** Facts and rows that one batch may have. */
const MOST_EDGES = 2 ** 24;
const MOST_ROWS = 2 ** 22;
const MOST_STEPS = 64;
const MOST_WIDTH = 1024;
const MOST_FEATURES = 2 ** 22;
const EXECUTORS = 24;

/** Prepares a network over a graph. Throws InputError for sizes out of range. */
export async function graphNetwork(
  graph: Pick<KnowledgeGraph, 'entities' | 'relations' | 'edges'>,
  {
    random,
    features,
    width = 32,
    steps = 3,
    tied = false,
    reach = 'all',
    weightDecay = 0,
    ...compileOptions
  }: GraphNetworkOptions,
): Promise<GraphNetwork> {
  checkSize('width', width, MOST_WIDTH);
  checkSize('steps', steps, MOST_STEPS);
  checkSize('features', features, MOST_FEATURES);
  const jax = await loadJax();
  const around = adjacency(graph);
  const shape: GraphNetworkShape = { features, relations: around.relations, width, steps, tied };
  const weights = initialGraphWeights(shape, random);
  const layers = graphNetworkLayers(jax, shape);
  const options = { ...compileOptions, capacity: EXECUTORS };
  const scoring = executorCache(layers.scores, options);
  const gradient = executorCache(withGradients(jax.valueAndGrad(layers.loss as never)), options);
  const importance = executorCache(edgeGradients(jax.grad, layers.scores), options);
  const optimizer = adamW({ weightDecay, beta2: 0.99 });
  const moments = optimizer.initial(weights);
  const gradients = blank(weights);
  let step = 0;

  const prepare = (questions: readonly GraphQuestion[]) => {
    const frontiers = questions.map((question) => frontier(around, question, steps, reach));
    return { frontiers, inputs: batchInputs(questions, frontiers, around, features) };
  };

  return {
    weights,
    train: async (examples, { learningRate }) => {
      const { frontiers, inputs } = prepare(examples);
      const targets = zeros(inputs.blocked.shape);
      const rows = inputs.blocked.shape[1] as number;
      examples.forEach((example, index) => {
        const { rows: entities } = frontiers[index] as Frontier;
        const answers = new Set(example.answers);
        const others = new Set(example.alsoRight);
        const found = entities.flatMap((entity, row) => (answers.has(entity) ? [row] : []));
        for (const row of found) targets.data[index * rows + row] = 1 / found.length;
        entities.forEach((entity, row) => {
          if (others.has(entity) && !answers.has(entity)) inputs.blocked.data[index * rows + row] = BLOCKED;
        });
      });
      const all = [weights, inputs, targets];
      const executor = await gradient.for(all as never);
      const loss = scalar(0);
      await executor.run(all as never, { loss, gradients });
      optimizer.update(weights, gradients, moments, { step: step + 1, learningRate });
      step++;
      return loss.data[0] as number;
    },
    rank: async (questions) => {
      const { frontiers, inputs } = prepare(questions);
      const executor = await scoring.for([weights, inputs] as never);
      const result = zeros(inputs.blocked.shape);
      await executor.run([weights, inputs] as never, result);
      const rows = inputs.blocked.shape[1] as number;
      return frontiers.map(({ rows: entities }, index) =>
        entities
          .map((entity, row) => ({ entity, score: result.data[index * rows + row] as number }))
          .sort((a, b) => b.score - a.score),
      );
    },
    explain: async (question, entity, most = 3) => {
      const { frontiers, inputs } = prepare([question]);
      const [reached] = frontiers as [Frontier];
      const row = reached.rows.indexOf(entity);
      if (row < 0) return [];
      const chosen = zeros(inputs.blocked.shape);
      chosen.data[row] = 1;
      const all = [inputs.steps.map(({ weight }) => weight), weights, inputs, chosen];
      const executor = await importance.for(all as never);
      const slopes = (await executor.run(all as never)) as unknown as Tensor<Float32Array>[];
      return strongestPaths(
        reached,
        slopes.map(({ data }) => data),
        row,
        most,
      );
    },
    dispose: async () => {
      await Promise.all([scoring.dispose(), gradient.dispose(), importance.dispose()]);
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

/** Up to here sizes are rounded up to powers of four, from here on to two or three times a power of two. */
const SMALL = 2 ** 12;

/** A size that is not less, of few kinds, so that few functions are compiled: rounding up costs little where sizes are small. */
function padded(size: number): number {
  if (size <= SMALL) return 4 ** Math.ceil(Math.log(Math.max(1, size)) / Math.log(4) - 1e-9);
  const unit = 2 ** Math.floor(Math.log2(size - 1) - 1);
  return Math.ceil(size / unit) * unit;
}

function batchInputs(
  questions: readonly GraphQuestion[],
  frontiers: readonly Frontier[],
  { relations }: Adjacency,
  features: number,
): GraphInputs<Tensor> {
  const batch = questions.length;
  if (batch === 0) throw new InputError('A batch needs at least one question');
  const rows = padded(Math.max(2, ...frontiers.map(({ rows: own }) => own.length)));
  const words = padded(Math.max(...questions.map(({ features: own }) => own.length)));
  if (batch * rows > MOST_ROWS)
    throw new InputError(
      `${batch} questions reach ${rows} entities each, more than ${MOST_ROWS} together; take fewer`,
    );
  const places = zeros([batch, words], 'int32');
  const shares = zeros([batch, words]);
  const blocked = zeros([batch, rows]);
  blocked.data.fill(BLOCKED);
  questions.forEach(({ features: own }, index) => {
    own.forEach((feature, at) => {
      if (!Number.isInteger(feature) || feature < 0 || feature >= features)
        throw new InputError(`Feature ${feature} is not one of ${features}`);
      places.data[index * words + at] = feature;
      shares.data[index * words + at] = 1 / Math.sqrt(own.length);
    });
    blocked.data.fill(0, index * rows, index * rows + (frontiers[index] as Frontier).rows.length);
  });
  const stepCount = (frontiers[0] as Frontier).steps.length;
  const steps = Array.from({ length: stepCount }, (_, at) => {
    const own = frontiers.map(({ steps }) => steps[at] as Frontier['steps'][number]);
    const count = padded(own.reduce((sum, { source }) => sum + source.length, 0));
    if (count > MOST_EDGES)
      throw new InputError(
        `${batch} questions pass ${count} facts in a step, more than ${MOST_EDGES}; take fewer`,
      );
    const [source, relation, target] = [0, 1, 2].map(() => new Int32Array(count)) as [
      Int32Array,
      Int32Array,
      Int32Array,
    ];
    const weight = zeros([count]);
    let next = 0;
    own.forEach((edges, index) => {
      for (let edge = 0; edge < edges.source.length; edge++, next++) {
        source[next] = index * rows + (edges.source[edge] as number);
        relation[next] = index * relations + (edges.relation[edge] as number);
        target[next] = index * rows + (edges.target[edge] as number);
        weight.data[next] = 1;
      }
    });
    const of = (data: Int32Array): Tensor => ({ data, shape: [count] });
    return { source: of(source), relation: of(relation), target: of(target), weight };
  });
  return { features: places, shares, blocked, steps };
}

function withGradients(both: unknown) {
  return (...inputs: never[]) => {
    const [loss, gradients] = (both as (...inputs: never[]) => [Traced, unknown])(...inputs);
    return { loss, gradients };
  };
}

type Scores = ReturnType<typeof graphNetworkLayers>['scores'];

/** How much the chosen score changes with the weight of each fact in each step. */
function edgeGradients(grad: unknown, scores: Scores) {
  const chosenScore = (
    edgeWeights: readonly Traced[],
    weights: { readonly [name: string]: Traced },
    inputs: GraphInputs<Traced>,
    chosen: Traced,
  ): Traced => {
    const steps = inputs.steps.map((step, at) => ({ ...step, weight: edgeWeights[at] as Traced }));
    return scores(weights, { ...inputs, steps })
      .mul(chosen)
      .sum();
  };
  return (grad as (fn: typeof chosenScore) => (...inputs: never[]) => unknown)(chosenScore);
}
