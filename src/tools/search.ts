import { ToolError } from '../core/errors.ts';
import { framePassages } from '../core/passages-prompt.ts';
import type { Retriever } from '../core/retriever.ts';
import type { Tool } from '../core/tool.ts';

export interface SearchOptions {
  readonly retriever: Retriever;
  readonly passages?: number; // per search; default 5
  readonly name?: string; // what the model calls; default search
}

/** Longest query, in characters. */
const QUERY_CHARACTERS = 1_000;

/** A retriever as a tool: the model sends `{ "query": … }` and reads passages, framed as data. */
export function search({ retriever, passages = 5, name = 'search' }: SearchOptions): Tool {
  return {
    name,
    description: `Finds passages of the user's documents for some words: at most ${passages} at once.`,
    parameters: {
      type: 'object',
      properties: { query: { type: 'string', minLength: 1, maxLength: QUERY_CHARACTERS } },
      required: ['query'],
      additionalProperties: false,
    },
    reach: 'inside',
    async call(input, { signal }) {
      if (
        typeof input !== 'object' ||
        input === null ||
        !('query' in input) ||
        typeof input.query !== 'string'
      )
        throw new ToolError(`The tool ${name} needs {"query": "<words>"}`);
      const found = await retriever.retrieve(input.query, { limit: passages, signal });
      return found.length === 0 ? 'Nothing was found.' : framePassages(found);
    },
  };
}
