import { InputError, ModelError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import type { DecoderConfig } from './decoder-config.ts';
import { type ChosenToken, checkSampling, MOST_TOP_LOG_PROBS, type Sampling } from './generate-token.ts';

/** What to continue, and how. */
export interface GenerationRequest extends Sampling {
  readonly promptIds: Int32Array; // at least one
  readonly random: Random; // one number a token is drawn from it, none at temperature 0
  readonly maxTokens?: number; // as many as the context has room for, unless given
  readonly ends?: readonly number[]; // ids after which nothing follows
  readonly topLogProbs?: number; // alternatives told with each token, at most 20
  /** Called with each token as it is drawn; true ends the generation with it. */
  readonly onToken?: (token: ChosenToken) => boolean;
  readonly signal?: AbortSignal;
}

export interface Generation {
  readonly ids: Int32Array; // what was drawn, the end included
  readonly logProbs: Float32Array; // natural log; see `chooseToken`
  readonly finish: 'stop' | 'length';
}

/** The tokens that a request may draw. Throws InputError for what cannot be, ModelError for a prompt beyond the context. */
export function checkRequest(request: GenerationRequest, { context, vocabularySize }: DecoderConfig): number {
  const { promptIds, maxTokens = context, topLogProbs = 0 } = request;
  checkSampling(request);
  const room = context - promptIds.length;
  if (promptIds.length === 0) throw new InputError('The prompt has no tokens; begin it with the bos token');
  if (room < 1)
    throw new ModelError(
      `The prompt has ${promptIds.length} tokens and the model's context ${context}, the answer included; shorten the prompt`,
      { kind: 'rejected', status: 400 },
    );
  const unknown = promptIds.find((id) => !(id >= 0 && id < vocabularySize));
  if (unknown !== undefined)
    throw new InputError(`The prompt has the id ${unknown}; the model's ids are 0 to ${vocabularySize - 1}`);
  if (!(Number.isSafeInteger(maxTokens) && maxTokens > 0))
    throw new InputError(`maxTokens is ${maxTokens}; it must be a whole number above 0`);
  if (!(Number.isInteger(topLogProbs) && topLogProbs >= 0 && topLogProbs <= MOST_TOP_LOG_PROBS))
    throw new InputError(
      `topLogProbs is ${topLogProbs}; it must be a whole number from 0 to ${MOST_TOP_LOG_PROBS}`,
    );
  return Math.min(maxTokens, room);
}
