/**
 * A training step of the decoder in `bench/decoder.ts`, compiled for onnxruntime, against jax-js's own WebAssembly, against a
 * large matrix product through the same runtime and, where torch can be imported, against PyTorch; how far the two back ends
 * are apart; and how the process grows over 5,000 steps. Everything on two threads, interleaved. Each run waits a while for an
 * idle machine; medians are of the runs during which other processes took less than a tenth of a core, where there are any.
 *
 *   node bench/tensor.ts [--json] [--rounds 15] [--patience 5] [--python python3] [--only speed|agreement|memory] [--steps 5000]
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Array as Traced } from '@jax-js/jax';
import { seeded } from '../src/core/random.ts';
import { compile, type Executor, loadJax } from '../src/tensor/compile.ts';
import { normal } from '../src/tensor/random.ts';
import type { Tensor } from '../src/tensor/tensor.ts';
import { isTensor } from '../src/tensor/trace.ts';
import { leavesOf, type Tree } from '../src/tensor/tree.ts';
import { packSequences } from '../src/training/batch.ts';
import { learner } from '../src/training/learner.ts';
import { likelihood } from '../src/training/likelihood.ts';
import { initialWeights } from '../src/transformer/decoder.ts';
import type { DecoderConfig } from '../src/transformer/decoder-config.ts';
import { type Contestant, contest, type Ratio } from './contest.ts';
import { decoderLoss, MEASURED, matrixOperations, plainFunctions, ROWS, randomBatch } from './decoder.ts';

const THREADS = 2;
const SLOW_ROUNDS = 6; // jax-js takes seconds a step
const SQUARE = 1024;
const PRODUCTS = 8; // in one graph, so that the call itself does not count

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '15' },
    patience: { type: 'string', default: '5' }, // seconds to wait for an idle machine before each run
    python: { type: 'string', default: 'python3' },
    only: { type: 'string', default: 'speed,agreement,memory' },
    steps: { type: 'string', default: '5000' }, // of training, to see memory grow
  },
});
const rounds = Number(options.rounds);
const patience = Number(options.patience) * 1e3;
const wanted = options.only.split(',');
const jax = await loadJax();
const weights = initialWeights(MEASURED, seeded(1));
const batch = randomBatch(MEASURED, seeded(2));

function ofExecutor(
  name: string,
  executor: Executor,
  inputs: readonly Tree<Tensor>[],
  rounds: number,
  calls = 1,
): Contestant {
  const into = executor.allocate();
  const run = async (): Promise<number> => {
    const start = performance.now();
    await executor.run(inputs, into);
    return (performance.now() - start) / calls;
  };
  return { name, rounds, run, dispose: () => executor.dispose() };
}

async function ours(): Promise<Contestant[]> {
  const gradients = jax.valueAndGrad(decoderLoss(jax, MEASURED));
  const plain = jax.valueAndGrad(decoderLoss(jax, MEASURED, plainFunctions(jax)));
  const inputs = [weights, batch];
  const objective = likelihood;
  const training = await learner({ config: MEASURED, from: { weights }, objective, threads: THREADS });
  const packed = randomSequences(MEASURED, ROWS, 2);
  const square = { a: normal(seeded(3), [SQUARE, SQUARE], 1), b: normal(seeded(4), [SQUARE, SQUARE], 1) };
  const products = ({ a, b }: { a: Traced; b: Traced }): Traced[] =>
    Array.from({ length: PRODUCTS }, (_, index) => jax.numpy.matmul(a.ref.mul(1 + index), b.ref)); // different factors, or they would be one
  return [
    ofExecutor('onnx', await compile(gradients, inputs, { threads: THREADS }), inputs, rounds),
    {
      name: 'learner',
      rounds,
      run: async () => {
        const start = performance.now();
        await training.forwardBackward(packed);
        await training.optimStep({ learningRate: 1e-4 });
        return performance.now() - start;
      },
      dispose: () => training.dispose(),
    },
    ofExecutor(
      'matrix product',
      await compile(products, [square], { threads: THREADS }),
      [square],
      rounds,
      PRODUCTS,
    ),
    ofExecutor('jax-js', await compile(plain, inputs, { backend: 'jax' }), inputs, SLOW_ROUNDS),
    ofExecutor(
      'jax-js, our functions',
      await compile(gradients, inputs, { backend: 'jax' }),
      inputs,
      SLOW_ROUNDS,
    ),
  ];
}

/** PyTorch in a process of its own; nothing where it cannot be imported. */
async function torch(): Promise<{ version: string; contestants: Contestant[] } | undefined> {
  const script = fileURLToPath(new URL('torch-step.py', import.meta.url));
  const child = spawn(
    options.python,
    [script, JSON.stringify({ ...MEASURED, rows: ROWS }), String(THREADS)],
    {
      stdio: ['pipe', 'pipe', 'ignore'],
    },
  );
  const started = new Promise<boolean>((resolve) =>
    child.once('spawn', () => resolve(true)).once('error', () => resolve(false)),
  );
  if (!(await started)) return undefined;
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.done) return undefined;
  const contestants = ['eager', 'compiled', 'eager+optimizer', 'compiled+optimizer', 'matmul'].map(
    (name): Contestant => ({
      name: `torch ${name}`,
      rounds,
      process: child.pid as number,
      run: async () => {
        child.stdin.write(`${name}\n`);
        return Number((await lines.next()).value);
      },
      dispose: async () => void child.kill(),
    }),
  );
  return { version: JSON.parse(first.value).version, contestants };
}

async function measureSpeed() {
  const other = await torch();
  const contestants = [...(await ours()), ...(other?.contestants ?? [])];
  const { rows: times, ratio } = await contest(contestants, { rounds, patience });
  const tokens = ROWS * MEASURED.context;
  const rows = times.map((row) => ({ ...row, tokensPerSecond: (tokens / row.milliseconds) * 1e3 }));
  const lower = (a: Ratio, b: Ratio): Ratio => (a.ratio < b.ratio ? a : b);
  const share = (name: string): Ratio => {
    const products = ratio('matrix product', name);
    return { ...products, ratio: (products.ratio * matrixOperations(MEASURED)) / (2 * SQUARE ** 3) };
  };
  const gflops = (name: string, operations: number): number =>
    operations / (rows.find((row) => row.name === name)?.milliseconds ?? Number.NaN) / 1e6;
  return {
    torch: other?.version,
    rows,
    matrixGflops: gflops('matrix product', 2 * SQUARE ** 3),
    stepGflops: gflops('onnx', matrixOperations(MEASURED)),
    shareOfMatrixSpeed: share('onnx'),
    shareOfMatrixSpeedWithOptimizer: share('learner'),
    fasterThanJax: lower(ratio('jax-js', 'onnx'), ratio('jax-js, our functions', 'onnx')),
    fasterThanTorch: other && lower(ratio('torch eager', 'onnx'), ratio('torch compiled', 'onnx')),
    fasterThanTorchWithOptimizer:
      other && lower(ratio('torch eager+optimizer', 'learner'), ratio('torch compiled+optimizer', 'learner')),
  };
}

/** Largest difference of any gradient element, relative to the largest element of its tensor. */
async function measureAgreement() {
  const gradients = jax.valueAndGrad(decoderLoss(jax, MEASURED));
  const plain = jax.valueAndGrad(decoderLoss(jax, MEASURED, plainFunctions(jax)));
  const results: (readonly number[])[][] = [];
  for (const [fn, backend] of [
    [gradients, 'onnx'],
    [gradients, 'jax'],
    [plain, 'jax'],
  ] as const) {
    const executor = await compile(fn, [weights, batch], { backend });
    results.push(
      leavesOf(await executor.run([weights, batch]), isTensor).map(([, { data }]) => Array.from(data)),
    );
    await executor.dispose();
  }
  const [onnx, wasm, automatic] = results as [
    (readonly number[])[],
    (readonly number[])[],
    (readonly number[])[],
  ];
  const apart = (a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number =>
    Math.max(
      ...a.map((data, index) => {
        const other = b[index] as readonly number[];
        const size = other.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
        return (
          data.reduce((largest, value, at) => Math.max(largest, Math.abs(value - (other[at] as number))), 0) /
          size
        );
      }),
    );
  return {
    tensors: onnx.length,
    loss: [onnx[0]?.[0], wasm[0]?.[0], automatic[0]?.[0]],
    betweenBackends: apart(onnx, wasm),
    fromAutomaticDerivatives: apart(onnx, automatic),
  };
}

/** Packed rows of random tokens, one sequence a row, for the learner. */
function randomSequences(config: DecoderConfig, rows: number, seed: number) {
  const { ids, targets } = randomBatch(config, seeded(seed), rows);
  const length = config.context;
  const sequences = Array.from({ length: rows }, (_, row) => {
    const slice = ids.data.slice(row * length, (row + 1) * length);
    const last = targets.data[(row + 1) * length - 1] as number;
    const weight = new Float32Array(length + 1).fill(1 / (rows * length));
    return { ids: Int32Array.of(...slice, last), columns: { weight } };
  });
  return packSequences(sequences, { rows, length }, likelihood.columns).batch;
}

async function measureMemory() {
  const config = { ...MEASURED, layers: 2, width: 64, heads: 4, keyValueHeads: 4, hidden: 128, context: 32 };
  const weights = initialWeights(config, seeded(1));
  const training = await learner({ config, from: { weights }, objective: likelihood, threads: THREADS });
  const [warmup, steps] = [200, Number(options.steps)];
  const resident: number[] = [];
  const start = performance.now();
  for (let step = 1; step <= steps; step++) {
    await training.forwardBackward(randomSequences(config, 8, step));
    await training.optimStep({ learningRate: 1e-3 });
    if (step >= warmup && step % warmup === 0) resident.push(process.memoryUsage.rss() / 2 ** 20);
  }
  await training.dispose();
  const count = leavesOf<Tensor>(weights, isTensor).reduce((total, [, { data }]) => total + data.length, 0);
  const [first] = resident as [number];
  return {
    parameters: count,
    steps,
    millisecondsPerStep: (performance.now() - start) / steps,
    residentMiBAfterWarmup: first,
    residentMiB: resident.map(Math.round), // every so many steps
    largestGrowthMiB: Math.max(...resident) - first,
    growthMiB: (resident.at(-1) as number) - first,
  };
}

const speed = wanted.includes('speed') ? await measureSpeed() : undefined;
const agreement = wanted.includes('agreement') ? await measureAgreement() : undefined;
const memory = wanted.includes('memory') ? await measureMemory() : undefined;

if (options.json) console.log(JSON.stringify({ speed, agreement, memory }, null, 2));
else {
  if (speed) {
    const { rows, torch: version } = speed;
    console.log(`${JSON.stringify(MEASURED)}, ${THREADS} threads`);
    console.table(
      rows.map(({ name, runs, undisturbed, milliseconds, quartiles, othersCores, tokensPerSecond }) => ({
        name,
        runs: `${undisturbed} of ${runs} undisturbed`,
        'cores of others': othersCores.toFixed(2),
        'ms (median)': milliseconds.toFixed(1),
        quartiles: quartiles.map((value) => value.toFixed(1)).join(' to '),
        'tokens/s': name.includes('mat') ? '' : tokensPerSecond.toFixed(0),
      })),
    );
    const show = (value: Ratio | undefined): string =>
      value === undefined
        ? 'torch not found'
        : `${value.ratio.toFixed(2)} (${value.runs} ${value.undisturbed ? 'undisturbed' : 'disturbed'} runs)`;
    console.log(
      `matrix products ${SQUARE}³ ${speed.matrixGflops.toFixed(0)} GFLOP/s, training step ${speed.stepGflops.toFixed(0)} GFLOP/s`,
    );
    console.log(`share of the speed of large matrix products: ${show(speed.shareOfMatrixSpeed)}`);
    console.log(`  with optimiser: ${show(speed.shareOfMatrixSpeedWithOptimizer)}`);
    console.log(`times as fast as the better of jax-js: ${show(speed.fasterThanJax)}`);
    console.log(`times as fast as the better of torch ${version ?? ''}: ${show(speed.fasterThanTorch)}`);
    console.log(`  with optimiser: ${show(speed.fasterThanTorchWithOptimizer)}`);
  }
  if (agreement) console.log('agreement', agreement);
  if (memory) console.log('memory', memory);
}
process.exit(0); // jax-js keeps its worker threads
