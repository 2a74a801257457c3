import { openModel, upstreamOf } from '../../catalog/models.ts';
import { listPrice } from '../../models/prices.ts';
import type { ServedModel } from './served-models.ts';

/**
 * Opens a model to be served: live for streams, whole for the rest. It also answers to the name that its own API knows it
 * by, so that a client need change nothing but the address. Throws InputError like `openModel`.
 */
export async function openServed(spec: string, concurrency: number): Promise<ServedModel> {
  const live = await openModel(spec, { concurrency, stream: 'live' });
  if (!/^https?:\/\//.test(spec) && !spec.includes('/'))
    return { id: spec, live, ...(live.close && { close: () => live.close?.() ?? Promise.resolve() }) };
  if (spec.startsWith('recorded:')) return { id: spec, live };
  const whole = await openModel(spec, { concurrency, stream: 'off' });
  const upstream = upstreamOf(spec);
  return {
    id: spec,
    aliases: [upstream.model],
    live,
    whole,
    upstream,
    priced: listPrice(new URL(upstream.baseUrl).hostname, upstream.model) !== undefined,
    async close() {
      await live.close?.();
      await whole.close?.();
    },
  };
}
