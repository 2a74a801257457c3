import { basename } from 'node:path';
import type { Model } from '../core/model.ts';
import { type OpenPolicyOptions, openPolicy } from '../transformer/open-policy.ts';
import type { Policy } from '../transformer/policy.ts';

export type EmbeddedOptions = OpenPolicyOptions;

/**
 * A decoder in this process as a model: the checkpoint in `folder`, loaded when the first sample is asked for. That sample, and
 * any after it until one succeeds, throws CheckpointError for a folder without a sound checkpoint and MissingPackageError
 * where no back end is installed. `id` is the folder's name unless given.
 *
 * @example const model = embedded({ folder: 'models/reckon-nano' })
 */
export function embedded({
  folder,
  id = basename(folder),
  ...options
}: EmbeddedOptions): Model & { close(): Promise<void> } {
  let opened: Promise<Policy> | undefined;

  async function open(): Promise<Policy> {
    opened ??= openPolicy({ folder, id, ...options });
    const opening = opened;
    try {
      return await opening;
    } catch (error) {
      if (opened === opening) opened = undefined; // so that a checkpoint put there later is found
      throw error;
    }
  }

  return {
    id,
    async *sample(request) {
      request.signal?.throwIfAborted();
      yield* (await open()).sample(request);
    },
    close: async () => {
      const policy = await opened?.catch(() => undefined); // never opened, or that was told to whoever asked
      opened = undefined;
      await policy?.close();
    },
  };
}
