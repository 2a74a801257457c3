import type { CompileOptions } from './compile.ts';

/** The fastest back end that is installed: `onnx` where onnxruntime-node can be loaded, else `jax`. */
export async function availableBackend(): Promise<NonNullable<CompileOptions['backend']>> {
  try {
    await import('onnxruntime-node');
    return 'onnx';
  } catch {
    return 'jax'; // not installed, or not built for this platform
  }
}
