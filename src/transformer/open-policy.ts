import { MissingPackageError } from '../core/errors.ts';
import { availableBackend } from '../tensor/available-backend.ts';
import type { CompileOptions } from '../tensor/compile.ts';
import { MissingPackageError as MissingBackEndError } from '../tensor/errors.ts';
import { loadCheckpoint } from './checkpoint.ts';
import { type Policy, policy } from './policy.ts';
import { weightsOf } from './weights-of.ts';

export interface OpenPolicyOptions extends CompileOptions {
  readonly folder: string; // of a checkpoint
  readonly id?: string;
  readonly slots?: number; // completions in work at a time
}

/**
 * The policy of a checkpoint, on the fastest back end that is installed unless one is named. Throws CheckpointError for a folder
 * without a checkpoint or a damaged one, MissingPackageError where no back end is installed.
 */
export async function openPolicy({ folder, backend, ...options }: OpenPolicyOptions): Promise<Policy> {
  const [checkpoint, available] = await Promise.all([loadCheckpoint(folder), backend ?? availableBackend()]);
  const { config, parameters, tokenizer, generation } = checkpoint;
  try {
    return await policy({
      config,
      tokenizer,
      weights: weightsOf(config, parameters),
      backend: available,
      ...(generation && { defaults: generation }),
      ...options,
    });
  } catch (cause) {
    if (cause instanceof MissingBackEndError)
      throw new MissingPackageError(cause.packageName, `The model in ${folder}`, cause);
    throw cause;
  }
}
