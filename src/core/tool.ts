import type { Json, ToolSpec } from './model.ts';

/** Something a model may call. Failures are thrown as ToolError; `run.call` turns them into text for the model. */
export interface Tool extends ToolSpec {
  call(input: Json, options: { readonly signal: AbortSignal }): Promise<string>;
}
