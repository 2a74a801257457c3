import { methodEntries } from '../catalog/methods.ts';
import type { Handler } from './parts/exchange.ts';
import { jsonReply } from './parts/reply.ts';
import type { ServedModels } from './parts/served-models.ts';

/** GET /api/catalog: what a page offers: models, methods with their options, and the methods listed with each model. */
export function showCatalog(models: ServedModels, version: string): Handler {
  return async () => {
    const methods = [...(await methodEntries()).values()].map(
      ({ name, summary, paper, aliases, calls, wraps, count, cannot = [], options }) => ({
        name,
        summary,
        paper,
        aliases,
        calls,
        wraps,
        count,
        cannot,
        options,
      }),
    );
    return jsonReply({ version, models: models.list.map(({ id }) => id), listed: models.methods, methods });
  };
}
