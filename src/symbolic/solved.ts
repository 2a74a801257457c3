import type { Json } from '../core/model.ts';

/** What a solver found: the answer, why in lines for a person, and in a form that can be checked without the solver. */
export interface Solved {
  readonly answer: string;
  readonly proof: readonly string[];
  readonly certificate?: Json;
}

/** What a checker says of an answer with its certificate. */
export type CheckVerdict =
  | { readonly verdict: 'accepted' }
  | { readonly verdict: 'refused'; readonly reason: string }
  | { readonly verdict: 'beyond'; readonly reason: string }; // more than the checker looks at

export const accepted: CheckVerdict = { verdict: 'accepted' };
export const refused = (reason: string): CheckVerdict => ({ verdict: 'refused', reason });
export const beyond = (reason: string): CheckVerdict => ({ verdict: 'beyond', reason });
