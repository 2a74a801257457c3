/**
 * Muon: the running mean of each matrix's gradient is replaced by the nearest matrix with orthogonal rows or columns, found by five
 * Newton-Schulz iterations, so that rare directions move as far as frequent ones. Jordan et al. 2024, kellerjordan.github.io/posts/muon;
 * scaled to the root mean square of AdamW's updates, so that learning rates and decay carry over: Liu et al. 2025, arXiv:2502.16982.
 * Vectors, and the matrices that `matrices` does not name (embeddings), are left to AdamW, as both papers do.
 */
import { type CompileOptions, compile, type Executor, loadJax } from './compile.ts';
import type { JaxModule } from './functions.ts';
import { adamWStep, blank, clipping, type NamedTensors, type Optimizer } from './optimizer.ts';
import { type Tensor, tensor } from './tensor.ts';
import type { Traced } from './trace.ts';

export interface MuonOptions extends CompileOptions {
  /** Which parameters are orthogonalised; each has two axes. */
  readonly matrices: (name: string) => boolean;
  readonly momentum?: number; // in [0, 1)
  readonly weightDecay?: number; // per unit of learning rate, on matrices only
  readonly maximumNorm?: number; // gradients are scaled down to this global norm
}

/** Matrices of one shape side by side: [N, rows, columns]. */
type Stack = Tensor<Float32Array>;

/** Of the update beside AdamW's (Liu et al., section 2.2). */
const SCALE = 0.2;

/** Moments have the layout of AdamW's; the second ones of orthogonalised matrices stay zero. */
export function muon({
  matrices,
  momentum = 0.95,
  weightDecay = 0.1,
  maximumNorm = 1,
  ...compileOptions
}: MuonOptions): Optimizer {
  let made: { executor: Promise<Executor>; stacks: Readonly<Record<string, Stack>> } | undefined;

  async function prepare(stacks: Readonly<Record<string, Stack>>): Promise<Executor> {
    const jax = await loadJax();
    const all = (given: Readonly<Record<string, Traced>>): Record<string, Traced> =>
      Object.fromEntries(Object.entries(given).map(([shape, x]) => [shape, orthogonal(jax, x)]));
    return compile(all, [stacks], compileOptions);
  }

  return {
    initial: (parameters) => ({ first: blank(parameters), second: blank(parameters) }),
    update: async (parameters, gradients, moments, { step, learningRate }) => {
      const { norm, clip } = clipping(gradients, maximumNorm, step);
      const names = Object.keys(parameters).filter(matrices);
      const groups = Map.groupBy(names, (name) => `${parameters[name]?.shape}`);
      made ??= stacksOf(groups, parameters, prepare);
      const { stacks } = made;
      for (const [shape, members] of groups)
        for (const [index, name] of members.entries()) {
          const [g, m] = [gradients[name]?.data, moments.first[name]?.data] as [Float32Array, Float32Array];
          const into = slice(stacks[shape] as Stack, index);
          for (let i = 0; i < g.length; i++) {
            const slope = (g[i] as number) * clip;
            const mean = momentum * (m[i] as number) + (1 - momentum) * slope;
            m[i] = mean;
            into[i] = momentum * mean + (1 - momentum) * slope; // Nesterov's
          }
        }
      await (await made.executor).run([stacks], stacks);
      for (const [shape, members] of groups)
        for (const [index, name] of members.entries()) {
          const { data: p, shape: sizes } = parameters[name] as Tensor<Float32Array>;
          const direction = slice(stacks[shape] as Stack, index);
          const rate = learningRate * SCALE * Math.sqrt(Math.max(...sizes));
          const keep = 1 - learningRate * weightDecay;
          for (let i = 0; i < p.length; i++) p[i] = keep * (p[i] as number) - rate * (direction[i] as number);
        }
      const rest = Object.fromEntries(Object.entries(parameters).filter(([name]) => !matrices(name)));
      adamWStep(rest, gradients, moments, { step, learningRate, clip }, { weightDecay });
      return norm;
    },
    dispose: async () => {
      await (await made?.executor)?.dispose();
      made = undefined;
    },
  };
}

/** A place for the matrices of each shape, and what orthogonalises them there. */
function stacksOf(
  groups: ReadonlyMap<string, readonly string[]>,
  parameters: NamedTensors,
  prepare: (stacks: Readonly<Record<string, Stack>>) => Promise<Executor>,
) {
  const stacks: Record<string, Stack> = {};
  for (const [shape, members] of groups) {
    const [first] = members as [string];
    const [rows, columns] = (parameters[first] as Tensor).shape as [number, number];
    const size = members.length * rows * columns;
    stacks[shape] = tensor(new Float32Array(size), [members.length, rows, columns]);
  }
  return { stacks, executor: prepare(stacks) };
}

function slice({ data, shape }: Stack, index: number): Float32Array {
  const size = data.length / (shape[0] as number);
  return data.subarray(index * size, (index + 1) * size);
}

/** Of the polynomial a x + b x³ + c x⁵, whose iteration takes singular values from (0, 1] to about 1 (Jordan et al.). */
const [A, B, C] = [3.4445, -4.775, 2.0315];
const ITERATIONS = 5;

/** U Vᵀ of each matrix U S Vᵀ, roughly: singular values come out between about 0.7 and 1.2. Consumes x [N, R, C]. */
function orthogonal({ numpy: np }: JaxModule, x: Traced): Traced {
  const [, rows, columns] = x.shape as [number, number, number];
  const norm = np.sqrt(np.sum(np.square(x.ref), [1, 2], { keepdims: true }));
  let y = x.div(norm.add(NORM_FLOOR));
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    // the smaller of the two products with its transpose
    const square =
      rows <= columns ? np.einsum('nrc,nsc->nrs', y.ref, y.ref) : np.einsum('nrc,nrd->ncd', y.ref, y.ref);
    const polynomial = square.ref.mul(B).add(np.matmul(square.ref, square).mul(C));
    const change = rows <= columns ? np.matmul(polynomial, y.ref) : np.matmul(y.ref, polynomial);
    y = y.mul(A).add(change);
  }
  return y;
}

/** Keeps a gradient of zero finite. */
const NORM_FLOOR = 1e-7;
