import { ApiError } from './api-error.ts';
import { MOST_BODY_BYTES, MOST_JSON_DEPTH, MOST_JSON_VALUES } from './limits.ts';
import type { NodeSide } from './node-side.ts';
import { readIncoming } from './node-side.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

/** The JSON object in a request's body with its text. Throws ApiError for everything that is none, or too much of one. */
export async function readBody(
  request: Request,
  node: NodeSide | undefined,
): Promise<{ readonly body: Readonly<Record<string, unknown>>; readonly text: string }> {
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/(?:[a-z0-9.+-]{1,64}\+)?json\s*(?:;|$)/i.test(type))
    throw new ApiError(415, 'The body must be sent with the content-type application/json', {
      code: 'unsupported_content_type',
    });
  const encoding = request.headers.get('content-encoding');
  if (encoding !== null && encoding !== 'identity')
    throw new ApiError(415, 'The body must be sent without a content-encoding', {
      code: 'unsupported_content_encoding',
    });
  const text = decode(await readBytes(request, node));
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw new ApiError(400, `The body is not JSON (${text.length} characters)`, {
      code: 'invalid_json',
      cause,
    });
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new ApiError(400, 'The body must be a JSON object', { code: 'invalid_json' });
  checkShape(body);
  return { body: body as Record<string, unknown>, text };
}

/** Bytes that reading the body may come to. */
export function lengthOfBody(request: Request): number {
  const length = request.headers.get('content-length');
  return length === null ? MOST_BODY_BYTES : Math.min(Math.max(0, Number(length) || 0), MOST_BODY_BYTES);
}

async function readBytes(request: Request, node: NodeSide | undefined): Promise<Uint8Array> {
  const length = request.headers.get('content-length');
  if (length !== null && Number(length) > MOST_BODY_BYTES) throw tooLarge();
  if (node) {
    const read = await readIncoming(node, MOST_BODY_BYTES);
    if (read) return read;
    throw tooLarge();
  }
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += part.length;
    if (bytes > MOST_BODY_BYTES) throw tooLarge();
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function tooLarge(): ApiError {
  return new ApiError(413, `The body has more than ${MOST_BODY_BYTES} bytes`, { code: 'request_too_large' });
}

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new ApiError(400, 'The body is not UTF-8', { code: 'invalid_json', cause });
  }
}

/** Walks the whole value, without recursion, so that nothing later meets more than it can take. */
function checkShape(root: object): void {
  let level: readonly object[] = [root];
  let values = 0;
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MOST_JSON_DEPTH)
      throw new ApiError(400, `The body is nested more than ${MOST_JSON_DEPTH} deep`, {
        code: 'invalid_json',
      });
    const next: object[] = [];
    for (const parent of level) {
      const keys = Array.isArray(parent) ? undefined : Object.keys(parent);
      const items = keys ? Object.values(parent) : (parent as readonly unknown[]);
      values += items.length;
      if (values > MOST_JSON_VALUES)
        throw new ApiError(400, `The body has more than ${MOST_JSON_VALUES} values`, {
          code: 'invalid_json',
        });
      for (const text of keys ?? []) checkText(text);
      for (const item of items)
        if (typeof item === 'string') checkText(item);
        else if (typeof item === 'object' && item !== null) next.push(item);
    }
    level = next;
  }
}

function checkText(text: string): void {
  if (!text.isWellFormed())
    throw new ApiError(400, 'A string of the body holds half a surrogate pair, which is no character', {
      code: 'invalid_json',
    });
}
