import type { Completion, SampleEvent } from '../core/model.ts';

/** A completion that is already whole, as the events of a sample. Stops with the signal's reason when it aborts. */
export function* completionEvents(
  completion: Completion,
  signal: AbortSignal | undefined,
): Generator<SampleEvent> {
  if (completion.reasoning) yield { type: 'reasoning-delta', text: completion.reasoning };
  signal?.throwIfAborted();
  if (completion.text !== '') yield { type: 'text-delta', text: completion.text };
  signal?.throwIfAborted();
  yield { type: 'sample-end', completion };
}
