import type { Json, ToolSpec } from './model.ts';

/**
 * What a call can do beyond this conversation: `inside` nothing (it computes, or searches what the user gave it), `reads` sends
 * its input somewhere and changes nothing there, `acts` may change something.
 */
export type Reach = 'inside' | 'reads' | 'acts';

/** Something a model may call. Failures are thrown as ToolError; `run.call` turns them into text for the model. */
export interface Tool extends ToolSpec {
  readonly reach?: Reach; // default acts: a tool of which nothing is known may do anything
  /** False when its output holds nothing but what follows from its input. Default true: others wrote some of it. */
  readonly outside?: boolean;
  call(input: Json, options: { readonly signal: AbortSignal }): Promise<string>;
}
