import { createHash } from 'node:crypto';
import type { SampleRequest } from '../core/model.ts';

/**
 * Names one sample: a hash of the model and the full request with its sample index, in canonical JSON. `withSeed: false`
 * leaves the seed out, for recordings of models whose seeds are not ours.
 */
export function sampleKey(
  modelId: string,
  request: SampleRequest,
  { withSeed }: { withSeed: boolean },
): string {
  const { signal: _signal, seed, index = 0, ...rest } = request;
  const named = { model: modelId, index, ...(withSeed && seed !== undefined && { seed }), ...rest };
  return createHash('sha256').update(canonicalJson(named)).digest('base64url');
}

/** JSON with the keys of every object in order, so that equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
