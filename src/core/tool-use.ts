import type { Tool } from './tool.ts';
import type { ToolPolicy } from './tool-policy.ts';

/** Which tools a method has, and what holds for every call of them. */
export interface ToolUse {
  readonly tools: readonly Tool[];
  /** Decides about each call. Default: `informationFlow`. */
  readonly policy?: ToolPolicy;
  /** Values that no tool is given and no output shows, like the keys of the environment. */
  readonly secrets?: readonly string[];
  readonly seconds?: number; // of one call; default 30
}
