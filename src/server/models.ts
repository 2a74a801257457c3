import { ApiError } from './parts/api-error.ts';
import type { Handler } from './parts/exchange.ts';
import { jsonReply } from './parts/reply.ts';
import type { ServedModels } from './parts/served-models.ts';

/** When this server began, for clients that want a date; models carry none. */
const CREATED = Math.floor(Date.now() / 1000);

function row(id: string) {
  return { id, object: 'model', created: CREATED, owned_by: 'reckon' } as const;
}

/** GET /v1/models: every model, and every model with each of the listed methods. */
export function listModels(models: ServedModels): Handler {
  return ({ param }) => {
    const method = param('method');
    const ids = method === '' ? models.ids() : models.list.map(({ id }) => id);
    return jsonReply({ object: 'list', data: ids.map(row) });
  };
}

/** GET /v1/models/{id}: any id that a request may name. */
export function showModel(models: ServedModels): Handler {
  return async ({ param }) => {
    const id = param('id');
    if (id === '') throw new ApiError(404, 'There is no model without a name', { code: 'model_not_found' });
    const { served, method } = await models.find(id, undefined);
    return jsonReply({
      ...row(id),
      x_reckon: { model: served.id, ...(method && { method: method.name, cannot: method.cannot }) },
    });
  };
}
