import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { MissingPackageError } from './errors.ts';
import type { FlatExecutor } from './flat-executor.ts';
import { lower } from './lower.ts';
import { encodeModel } from './onnx-model.ts';
import type { Program } from './program.ts';
import { simplify } from './simplify.ts';
import { elementType, type Tensor, type TensorData } from './tensor.ts';

export interface OnnxOptions {
  readonly threads?: number;
  readonly profilePrefix?: string; // writes the runtime's profile to `<prefix>_<time>.json` on dispose
}

/** An ONNX session of the program. The runtime reads inputs and writes outputs in the caller's arrays. */
export async function onnxExecutor(
  program: Program,
  { threads = 2, profilePrefix }: OnnxOptions = {},
): Promise<FlatExecutor> {
  const runtime = await loadRuntime();
  const inputNames = program.inputs.map((_, index) => `input${index}`);
  const outputNames = program.outputs.map((_, index) => `output${index}`);
  const model = encodeModel(lower(simplify(program), inputNames, outputNames));
  const options: InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    executionMode: 'sequential',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'basic',
    logSeverityLevel: 3, // errors
    extra: { session: { intra_op: { spin_duration_us: String(SPIN_MICROSECONDS) } } },
    ...(profilePrefix === undefined ? {} : { enableProfiling: true, profileFilePrefix: profilePrefix }),
  };
  const session = await runtime.InferenceSession.create(model, options);
  const wrapped = new WeakMap<Tensor, OrtTensor>(); // weights and outputs come again and again
  const wrap = (names: readonly string[], tensors: readonly Tensor[]): Record<string, OrtTensor> =>
    Object.fromEntries(
      tensors.map((value, index) => {
        const known =
          wrapped.get(value) ??
          new runtime.Tensor(elementType(value), value.data as Float32Array, value.shape);
        wrapped.set(value, known);
        return [names[index], known];
      }),
    );
  return {
    run: async (inputs, into) => {
      const results = await session.run(wrap(inputNames, inputs), wrap(outputNames, into));
      for (const [index, { data }] of into.entries()) release(results[outputNames[index] as string], data);
    },
    dispose: async () => {
      if (profilePrefix !== undefined) session.endProfiling();
      await session.release();
    },
  };
}

/** The runtime hands outputs back as copies, too; without waiting for the garbage collector they cost nothing. */
function release(result: OrtTensor | undefined, { buffer }: TensorData): void {
  const copy = result?.data as TensorData | undefined;
  if (copy && copy.buffer !== buffer) (copy.buffer as ArrayBuffer).transfer(0);
}

/** How long an idle thread waits awake: enough between two nodes, and short beside another process that needs the core. */
const SPIN_MICROSECONDS = 50;

async function loadRuntime(): Promise<typeof import('onnxruntime-node')> {
  try {
    return await import('onnxruntime-node');
  } catch (cause) {
    throw new MissingPackageError('onnxruntime-node', 'The compiled executor', cause);
  }
}
