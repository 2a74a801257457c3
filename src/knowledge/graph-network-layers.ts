/** The forward and the backward pass of a relational graph network, for one question at a time. */
import type { Arena } from '../tensor/arena.ts';
import type { NamedTensors } from '../tensor/optimizer.ts';
import { normal, type UniformStream } from '../tensor/random.ts';
import { tensor } from '../tensor/tensor.ts';
import type { Frontier, FrontierStep } from './graph-frontier.ts';
import { type Facts, graphKernels } from './graph-network-kernels.ts';

/** The sizes of a network. */
export interface GraphNetworkShape {
  readonly features: number; // what a question may be made of
  readonly relations: number; // R, with the inverse ones
  readonly width: number; // D, a multiple of 4
  readonly steps: number; // facts on the longest path
  readonly tied: boolean; // one set of weights for all steps
}

/** A question's scores, and what the backward pass has to know of how they came about. */
export interface Activations {
  readonly features: readonly number[];
  readonly question: Float32Array; // [D]
  readonly vectors: readonly Float32Array[]; // of relations, for each set of weights [R, D]
  readonly steps: readonly StepActivations[];
  readonly last: Float32Array; // states of the scored rows [K, D]
  readonly hidden: Float32Array; // [K, D], before the rectifier
  readonly scores: Float32Array; // [K]
}

interface StepActivations {
  readonly facts: Facts;
  readonly rows: StepRows;
  readonly state: Float32Array; // before the step [before, D]
  readonly arrived: Float32Array; // [N, D]
  readonly mixed: Float32Array; // [N, D], divided by its size
  readonly inverseSize: Float32Array; // [N]
}

/** The rows that come out of a step: N of them, of which those before `first` stay as they are. */
interface StepRows {
  readonly count: number; // N
  readonly first: number;
  readonly before: number; // rows that have a state already
  readonly scored?: Int32Array; // in the last step: which rows come out
}

/** Sums are divided by √(mean square + this): large ones saturate, small ones stay small. */
const NORM_EPSILON = 1;

/**
 * Generalised Bellman-Ford (Zhu et al. 2021, arXiv:2106.06935): the head starts with the question's vector, a fact multiplies
 * it by a vector that depends on relation and question, an entity adds up what arrives. There are no offsets, so what is not reached stays zero.
 */
export function graphNetworkLayers(
  { relations, width, steps, tied }: GraphNetworkShape,
  weights: NamedTensors, // in the arena, like the gradients
  gradients: NamedTensors,
  memory: Arena,
) {
  const kernels = graphKernels(memory);
  const read = (name: string): Float32Array => (weights[name] as NamedTensors[string]).data;
  const slope = (name: string): Float32Array => (gradients[name] as NamedTensors[string]).data;
  const sets = tied ? 1 : steps;
  const setOf = (step: number): number => (tied ? 0 : step);

  /** y += x · weights */
  function multiply(x: Float32Array, name: string, y: Float32Array): void {
    kernels.product(x, read(name), y, width, read(name).length / width);
  }

  /** The slopes of both factors of `multiply` by that of y. */
  function multiplyBack(x: Float32Array, name: string, y: Float32Array, xSlope: Float32Array): void {
    kernels.productBack(y, read(name), xSlope, width, read(name).length / width);
    kernels.outerProduct(x, y, slope(name), width, read(name).length / width);
  }

  function factsOf({ source, relation, target, steps }: Frontier, step: number, scored?: Int32Array): Facts {
    const { begin, end } = steps[step] as FrontierStep;
    const all = { source, relation, target };
    const passed = mapFacts(all, (places) => places.subarray(begin, end));
    return mapFacts(scored ? factsTo(scored, passed) : passed, memory.integers);
  }

  /** The scores of some rows; `noise` gives what is added to each number of a state. */
  function forward(
    features: readonly number[],
    frontier: Frontier,
    scored: Int32Array,
    noise?: () => number,
  ): Activations {
    const question = memory.floats(width);
    for (const feature of features)
      addRow(question, read('features'), feature, 1 / Math.sqrt(features.length));
    const vectors = Array.from({ length: sets }, (_, set) => {
      const conditioned = memory.floats(relations * width);
      conditioned.set(read(`relation.${set}`));
      multiply(question, `condition.${set}`, conditioned);
      return conditioned;
    });
    let state = question; // the first row is the head
    const taken = frontier.steps.map(({ begin, before, rows: reached }, step): StepActivations => {
      const rows: StepRows =
        step === steps - 1
          ? { count: scored.length, first: 0, before, scored }
          : { count: reached, first: begin === 0 ? 0 : before, before };
      const facts = factsOf(frontier, step, rows.scored);
      const arrived = memory.floats(rows.count * width);
      kernels.pass(facts, state, vectors[setOf(step)] as Float32Array, arrived, width);
      const mixed = memory.floats(rows.count * width);
      const from = rows.first * width;
      multiply(arrived.subarray(from), `mix.${setOf(step)}`, mixed.subarray(from));
      const taken = { facts, rows, state, arrived, mixed, inverseSize: normalise(mixed, rows) };
      state = nextState(taken, read(`norm.${setOf(step)}`), noise);
      return taken;
    });
    return { features, question, vectors, steps: taken, last: state, ...readOut(state, question) };
  }

  /** Divides each row by its size, and gives the inverse of that. */
  function normalise(mixed: Float32Array, { first, count }: StepRows): Float32Array {
    const inverse = memory.floats(count);
    for (let row = first; row < count; row++) {
      let square = 0;
      for (let at = row * width; at < (row + 1) * width; at++) square += (mixed[at] as number) ** 2;
      const factor = 1 / Math.sqrt(square / width + NORM_EPSILON);
      inverse[row] = factor;
      for (let at = row * width; at < (row + 1) * width; at++) mixed[at] = (mixed[at] as number) * factor;
    }
    return inverse;
  }

  function nextState(
    { rows, state, mixed }: Pick<StepActivations, 'rows' | 'state' | 'mixed'>,
    gain: Float32Array,
    noise?: () => number,
  ): Float32Array {
    const next = memory.floats(rows.count * width);
    if (rows.scored)
      rows.scored.forEach((earlier, row) => {
        if (earlier < rows.before) next.set(rowOf(state, earlier), row * width);
      });
    else next.set(state);
    for (let row = rows.first; row < rows.count; row++)
      for (let d = 0, at = row * width; d < width; d++, at++) {
        const value = (mixed[at] as number) * (gain[d] as number);
        if (value > 0) next[at] = (next[at] as number) + value;
        if (noise) next[at] = (next[at] as number) + noise();
      }
    return next;
  }

  function readOut(state: Float32Array, question: Float32Array) {
    const count = state.length / width;
    const fromQuestion = memory.floats(width);
    multiply(question, 'read.question', fromQuestion);
    const hidden = memory.floats(state.length);
    for (let row = 0; row < count; row++) hidden.set(fromQuestion, row * width);
    multiply(state, 'read.state', hidden);
    const score = read('read.score');
    const scores = memory.floats(count);
    for (let row = 0; row < count; row++) {
      let sum = 0;
      for (let d = 0; d < width; d++)
        sum += Math.max(0, hidden[row * width + d] as number) * (score[d] as number);
      scores[row] = sum;
    }
    return { hidden, scores };
  }

  /** Adds to the gradients, by the slopes of the scores. Gives the slope of each fact in each step where `ofFacts`. */
  function backward(activations: Activations, slopes: Float32Array, ofFacts = false): Float32Array[] {
    const { features, question, vectors, last } = activations;
    const hiddenSlope = readOutBack(activations, slopes);
    let stateSlope = memory.floats(last.length);
    multiplyBack(last, 'read.state', hiddenSlope, stateSlope);
    const questionSlope = memory.floats(width);
    multiplyBack(question, 'read.question', columnSums(hiddenSlope), questionSlope);
    const vectorSlopes = vectors.map(({ length }) => memory.floats(length));
    const factSlopes: Float32Array[] = [];
    for (const [step, taken] of [...activations.steps.entries()].reverse()) {
      const { facts, rows, state, arrived, mixed } = taken;
      const later = stateSlope;
      const set = setOf(step);
      const from = rows.first * width;
      const mixedSlope = normaliseBack(taken, later, set);
      const arrivedSlope = memory.floats(mixed.length);
      multiplyBack(
        arrived.subarray(from),
        `mix.${set}`,
        mixedSlope.subarray(from),
        arrivedSlope.subarray(from),
      );
      const values = { state, vectors: vectors[set] as Float32Array };
      if (ofFacts) factSlopes.unshift(slopesOfFacts(facts, values, arrivedSlope));
      const earlierSlope = memory.floats(state.length);
      if (rows.scored)
        rows.scored.forEach((earlier, row) => {
          if (earlier < rows.before) addRow(rowOf(earlierSlope, earlier), later, row);
        });
      else earlierSlope.set(later.subarray(0, state.length));
      const earlierSlopes = {
        state: earlierSlope,
        vectors: vectorSlopes[set] as Float32Array,
        arrived: arrivedSlope,
      };
      kernels.passBack(facts, values, earlierSlopes, width);
      stateSlope = earlierSlope;
    }
    addRow(questionSlope, stateSlope, 0);
    vectorSlopes.forEach((vectorSlope, set) => {
      addRow(slope(`relation.${set}`), vectorSlope, 0);
      multiplyBack(question, `condition.${set}`, vectorSlope, questionSlope);
    });
    for (const feature of features)
      addRow(rowOf(slope('features'), feature), questionSlope, 0, 1 / Math.sqrt(features.length));
    return factSlopes;
  }

  function readOutBack({ hidden }: Activations, slopes: Float32Array): Float32Array {
    const [score, scoreSlope] = [read('read.score'), slope('read.score')];
    const result = memory.floats(hidden.length);
    slopes.forEach((value, row) => {
      for (let d = 0, at = row * width; d < width; d++, at++) {
        const before = hidden[at] as number;
        if (before <= 0) continue;
        scoreSlope[d] = (scoreSlope[d] as number) + value * before;
        result[at] = value * (score[d] as number);
      }
    });
    return result;
  }

  function normaliseBack(
    { rows, mixed, inverseSize }: StepActivations,
    nextSlope: Float32Array,
    set: number,
  ): Float32Array {
    const [gain, gainSlope] = [read(`norm.${set}`), slope(`norm.${set}`)];
    const result = memory.floats(mixed.length);
    for (let row = rows.first; row < rows.count; row++) {
      let along = 0; // of the row itself
      for (let d = 0, at = row * width; d < width; d++, at++) {
        const value = mixed[at] as number;
        if (value * (gain[d] as number) <= 0) continue;
        gainSlope[d] = (gainSlope[d] as number) + (nextSlope[at] as number) * value;
        result[at] = (nextSlope[at] as number) * (gain[d] as number);
        along += (result[at] as number) * value;
      }
      for (let at = row * width; at < (row + 1) * width; at++)
        result[at] =
          (inverseSize[row] as number) * ((result[at] as number) - ((mixed[at] as number) * along) / width);
    }
    return result;
  }

  /** How much the scores change with a weight of each fact. */
  function slopesOfFacts(
    { source, relation, target }: Facts,
    { state, vectors }: { readonly state: Float32Array; readonly vectors: Float32Array },
    arrivedSlope: Float32Array,
  ): Float32Array {
    return Float32Array.from(source, (from, fact) => {
      const [s, v, a] = [
        rowOf(state, from),
        rowOf(vectors, relation[fact] as number),
        rowOf(arrivedSlope, target[fact] as number),
      ];
      return s.reduce((sum, value, d) => sum + value * (v[d] as number) * (a[d] as number), 0);
    });
  }

  function rowOf(matrix: Float32Array, row: number): Float32Array {
    return matrix.subarray(row * width, (row + 1) * width);
  }

  /** Adds a row of a matrix, or as much of it as there is place for. */
  function addRow(to: Float32Array, matrix: Float32Array, row: number, factor = 1): void {
    for (let d = 0, at = row * width; d < to.length; d++, at++)
      to[d] = (to[d] as number) + factor * (matrix[at] as number);
  }

  function columnSums(matrix: Float32Array): Float32Array {
    const sums = memory.floats(width);
    for (let row = 0; row * width < matrix.length; row++) addRow(sums, matrix, row);
    return sums;
  }

  return { forward, backward };
}

function mapFacts({ source, relation, target }: Facts, change: (places: Int32Array) => Int32Array): Facts {
  return { source: change(source), relation: change(relation), target: change(target) };
}

/** The facts that lead to scored rows, which are numbered in the order given. */
function factsTo(scored: Int32Array, { source, relation, target }: Facts): Facts {
  const highest = scored.reduce((a, b) => Math.max(a, b), 0);
  const place = new Int32Array(highest + 1).fill(-1);
  scored.forEach((row, index) => {
    place[row] = index;
  });
  const kept = { source: [] as number[], relation: [] as number[], target: [] as number[] };
  target.forEach((row, fact) => {
    const to = place[row] ?? -1;
    if (to < 0) return;
    kept.source.push(source[fact] as number);
    kept.relation.push(relation[fact] as number);
    kept.target.push(to);
  });
  return {
    source: new Int32Array(kept.source),
    relation: new Int32Array(kept.relation),
    target: new Int32Array(kept.target),
  };
}

/** Fresh weights: normal, scaled so that a step keeps the size of a state. */
export function initialGraphWeights(
  { features, relations, width, steps, tied }: GraphNetworkShape,
  random: UniformStream,
): NamedTensors {
  const deviation = 1 / Math.sqrt(width);
  const weights: Record<string, NamedTensors[string]> = {
    features: normal(random, [features, width], 1),
    'read.state': normal(random, [width, width], deviation),
    'read.question': normal(random, [width, width], deviation),
    'read.score': normal(random, [width], deviation),
  };
  for (let step = 0; step < (tied ? 1 : steps); step++) {
    weights[`condition.${step}`] = normal(random, [width, relations * width], deviation);
    weights[`relation.${step}`] = normal(random, [relations, width], 1);
    weights[`mix.${step}`] = normal(random, [width, width], deviation);
    weights[`norm.${step}`] = tensor(new Float32Array(width).fill(1), [width]);
  }
  return weights;
}
