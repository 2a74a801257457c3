import type { z } from '@hono/zod-openapi';
import type { Limits } from '../../core/budget.ts';
import type { AnswerField } from '../../core/catalog-entry.ts';
import type { SampleRequest } from '../../core/model.ts';
import type { extension } from './chat-schema.ts';

/** One request for answers, whichever door it came in by. */
export interface Asked {
  readonly model: string;
  /** A method named apart from the model. */
  readonly method?: string;
  readonly request: SampleRequest;
  readonly n: number;
  readonly stream: boolean;
  readonly limits: Limits;
  /** Of the method's chance; the request's own seed otherwise. */
  readonly seed?: number;
  /** Below this confidence the answer is a refusal; in [0, 1]. */
  readonly abstain?: number;
  /** What the client left in a body that the protocol does not know. */
  readonly unknown: readonly string[];
  /** What a method may not be able to honour, with the name of the field that asked for it. */
  readonly wanted: ReadonlyMap<AnswerField, string>;
}

/** The part of a request that Reckon's own object says. */
export function readExtension(
  extra: z.infer<typeof extension> | null | undefined,
): Pick<Asked, 'method' | 'limits' | 'seed' | 'abstain'> {
  const { method, limits, seed, abstain } = extra ?? {};
  const { tokens, calls, seconds, usd } = limits ?? {};
  return {
    ...(method && { method }),
    limits: {
      ...(tokens && { tokens }),
      ...(calls && { calls }),
      ...(seconds && { seconds }),
      ...(typeof usd === 'number' && { usd }),
    },
    ...(typeof seed === 'number' && { seed }),
    ...(typeof abstain === 'number' && { abstain }),
  };
}

/** A field that is there, without null. */
export function given<K extends string, V>(key: K, value: V | null | undefined): { readonly [P in K]?: V } {
  return (value === undefined || value === null ? {} : { [key]: value }) as { readonly [P in K]?: V };
}
