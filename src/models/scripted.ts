import type { Completion, Model, SampleRequest } from '../core/model.ts';
import { boundText } from './bound-text.ts';
import { systemClock } from './clock.ts';
import { estimateTokens } from './estimate-tokens.ts';

export interface ScriptedOptions {
  readonly id?: string;
  /** Writes the completion. Throw a ModelError to fail the call. */
  readonly answer: (
    request: SampleRequest,
  ) => string | Partial<Completion> | Promise<string | Partial<Completion>>;
  /** Milliseconds before the first event of a sample; a function may vary it per request. */
  readonly latency?: number | ((request: SampleRequest) => number);
}

/** A model that answers by rule: deterministic, free, in process. Counts four characters as a token. */
export function scripted({ id = 'scripted', answer, latency = 0 }: ScriptedOptions): Model {
  return {
    id,
    async *sample(request) {
      request.signal?.throwIfAborted();
      const wait = typeof latency === 'function' ? latency(request) : latency;
      if (wait > 0) await systemClock.wait(wait, request.signal);
      const written = await answer(request);
      const partial = typeof written === 'string' ? { text: written } : written;
      const { text, finish } = boundText(partial.text ?? '', request);
      const completion: Completion = {
        finish,
        usage: {
          calls: 1,
          promptTokens: estimateTokens(request.messages.map((message) => message.text).join('\n')),
          completionTokens: estimateTokens(text + (partial.reasoning ?? '')),
          usd: 0,
        },
        ...partial,
        text,
      };
      if (completion.reasoning) yield { type: 'reasoning-delta', text: completion.reasoning };
      for (let start = 0; start < text.length; start += 80) {
        request.signal?.throwIfAborted();
        yield { type: 'text-delta', text: text.slice(start, start + 80) };
      }
      yield { type: 'sample-end', completion };
    },
  };
}
