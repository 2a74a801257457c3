import type { Message } from '../core/model.ts';
import { afterAnswer, findTarget, ignoredHeader, withSeed } from './chat-completions.ts';
import type { Answered } from './parts/answer.ts';
import { answer } from './parts/answer.ts';
import { ApiError } from './parts/api-error.ts';
import { begun } from './parts/begun.ts';
import type { Handler } from './parts/exchange.ts';
import { checkResponses, readResponses } from './parts/read-responses.ts';
import { eventReply, jsonReply } from './parts/reply.ts';
import { responseEvents } from './parts/response-events.ts';
import type { JsonObject } from './parts/response-object.ts';
import { outputOf, ResponseWriter, responseStatus } from './parts/response-object.ts';
import type { ServedModels } from './parts/served-models.ts';
import type { ServerState } from './parts/server-state.ts';

/** POST /v1/responses. */
export function createResponse(models: ServedModels, state: ServerState): Handler {
  return async (exchange) => {
    const body = checkResponses(exchange.body);
    const key = exchange.caller.id;
    const previous = body.previous_response_id ?? undefined;
    const earlier = previous === undefined ? [] : stored(state, previous, key).messages;
    const plain = readResponses(body, earlier);
    const target = await findTarget(models, exchange, plain);
    const asked = withSeed(plain, target);
    const writer = new ResponseWriter(body, target);
    const headers = ignoredHeader(asked, target);
    const turns = asked.request.messages.slice(body.instructions ? 1 : 0); // instructions are not carried on
    const keep = (object: JsonObject, answered: Answered) => {
      if (body.store !== false)
        state.addResponse({ id: writer.id, key, body: object, messages: afterAnswer(turns, answered) });
    };
    const events = answer(target, asked, { models, meter: exchange.meter, signal: exchange.signal });
    if (asked.stream) return eventReply(responseEvents(await begun(events), writer, exchange, keep), headers);
    for await (const event of events) {
      if (event.type !== 'end') continue;
      const object = writer.object(responseStatus(event), outputOf(event), {
        usage: exchange.meter.usage,
        answered: event,
      });
      keep(object, event);
      return jsonReply(object, 200, headers);
    }
    throw new TypeError('An answer ended without an end');
  };
}

/** GET /v1/responses/{id}. */
export function showResponse(state: ServerState): Handler {
  return ({ param, caller }) => jsonReply(stored(state, param('id'), caller.id).body);
}

/** DELETE /v1/responses/{id}. */
export function deleteResponse(state: ServerState): Handler {
  return ({ param, caller }) => {
    const id = param('id');
    if (!state.removeResponse(id, caller.id)) throw unknownResponse(id);
    return jsonReply({ id, object: 'response', deleted: true });
  };
}

function stored(
  state: ServerState,
  id: string,
  key: string,
): { messages: readonly Message[]; body: unknown } {
  const found = state.response(id, key);
  if (!found) throw unknownResponse(id);
  return found;
}

function unknownResponse(id: string): ApiError {
  return new ApiError(
    404,
    `There is no response ${JSON.stringify(id)}; it was not stored, or it has been removed`,
    {
      param: 'previous_response_id',
      code: 'response_not_found',
    },
  );
}
