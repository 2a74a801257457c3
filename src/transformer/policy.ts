import { InputError } from '../core/errors.ts';
import type { Completion, Message, Model, SampleEvent, SampleRequest, TokenLogProb } from '../core/model.ts';
import { seeded } from '../core/random.ts';
import type { CompileOptions } from '../tensor/compile.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { encodeTurns } from './chat-turns.ts';
import type { DecoderWeights } from './decoder.ts';
import type { DecoderConfig } from './decoder-config.ts';
import { generator } from './generate.ts';
import type { Generation } from './generate-request.ts';
import type { ChosenToken } from './generate-token.ts';
import type { GenerationDefaults } from './llama-config.ts';
import { stopFinder } from './stop-strings.ts';
import type { Tokenizer } from './tokenizer.ts';

/**
 * A model whose weights we own. Calls that are open at the same time share the work, and what one of them gets does not
 * depend on the others. Completions carry `tokens`: the ids that were drawn, the end token included, with their log-probabilities
 * at the temperature they were drawn at (at temperature 0: at 1), before topP and top_k cut anything off.
 */
export interface Policy extends Model {
  readonly config: DecoderConfig;
  readonly tokenizer: Tokenizer;
  /** The ids that a request's messages are read as; the completion's `tokens` follow them. */
  promptIds(messages: readonly Message[]): Int32Array;
  /** Weights for all tokens from here on, read in place. To be called whenever numbers in the arrays have changed, too. */
  setWeights(weights: DecoderWeights<Tensor>): void;
  close(): Promise<void>;
}

export interface PolicyOptions extends CompileOptions {
  readonly id?: string;
  readonly config: DecoderConfig;
  readonly weights: DecoderWeights<Tensor>; // read in place, never written
  readonly tokenizer: Tokenizer;
  readonly defaults?: GenerationDefaults; // where a request says nothing: temperature 1, and as many tokens as there is room for
  readonly slots?: number; // completions in work at a time; others wait
}

/** A decoder as a model. `extra.top_k` of a request limits sampling to that many tokens. Throws InputError where config, weights and tokenizer do not fit. */
export async function policy({
  id = 'policy',
  config,
  weights,
  tokenizer,
  defaults = {},
  ...options
}: PolicyOptions): Promise<Policy> {
  if (config.vocabularySize !== tokenizer.vocabularySize)
    throw new InputError(
      `The decoder has ${config.vocabularySize} tokens and the tokenizer ${tokenizer.vocabularySize}; take the two of one model`,
    );
  const { generate, setWeights, dispose } = await generator({ config, weights, ...options });
  const specials = Object.values(tokenizer.special); // none of them is part of an answer, so each ends it
  const promptIds = (messages: readonly Message[]): Int32Array =>
    encodeTurns(tokenizer, messages, { answerNext: true });

  async function* sample(request: SampleRequest): AsyncGenerator<SampleEvent> {
    const { messages, signal, topLogProbs, seed = 0, index = 0 } = request;
    signal?.throwIfAborted();
    refuseUnsupported(id, request);
    const prompt = promptIds(messages);
    const reading = textReader(tokenizer, request);
    const maxTokens = request.maxTokens ?? defaults.maxTokens;
    const topP = request.topP ?? defaults.topP;
    const topK = topKOf(request);
    const leaving = new AbortController(); // told to stop, or the reader does not wait for the end
    const abort = (): void => leaving.abort(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    let outcome: { readonly generation: Generation } | { readonly error: unknown } | undefined;
    let wake = (): void => {};
    const settled = generate({
      promptIds: prompt,
      random: seeded(seed).fork(`sample ${index}`),
      temperature: request.temperature ?? defaults.temperature ?? 1,
      ends: specials,
      signal: leaving.signal,
      onToken: (token) => {
        const stopped = !specials.includes(token.id) && reading.push(token);
        wake();
        return stopped;
      },
      ...(maxTokens !== undefined && { maxTokens }),
      ...(topP !== undefined && { topP }),
      ...(topK !== undefined && { topK }),
      ...(topLogProbs !== undefined && { topLogProbs }),
    })
      .then((generation) => {
        reading.end();
        outcome = { generation };
      })
      .catch((error: unknown) => {
        outcome = { error };
      })
      .finally(() => wake());
    try {
      for (;;) {
        signal?.throwIfAborted();
        const text = reading.fresh();
        if (text !== '') yield { type: 'text-delta', text };
        else if (outcome) break;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
      if ('error' in outcome) throw outcome.error;
      yield { type: 'sample-end', completion: completionOf(id, prompt, outcome.generation, reading) };
    } finally {
      signal?.removeEventListener('abort', abort);
      abort();
      await settled;
    }
  }

  return { id, config, tokenizer, promptIds, sample, setWeights, close: dispose };
}

/** Text and log-probabilities of a completion as its tokens come. */
interface TextReader {
  readonly text: string; // all that was given out
  readonly logProbs: readonly TokenLogProb[] | undefined;
  /** True when a stop string ends the text here. */
  push(token: ChosenToken): boolean;
  /** No more tokens: what was held back belongs to the text, unless a stop string ended it. */
  end(): void;
  /** Text since the last time. */
  fresh(): string;
}

function textReader(tokenizer: Tokenizer, { stop = [], topLogProbs }: SampleRequest): TextReader {
  const stream = tokenizer.stream();
  const finder = stopFinder(stop);
  const logProbs: TokenLogProb[] | undefined = topLogProbs === undefined ? undefined : [];
  const named = ({ id, logProb }: { id: number; logProb: number }): { token: string; logProb: number } => ({
    token: tokenizer.decode([id], { specials: true }),
    logProb,
  });
  let text = '';
  let told = 0;
  let stopped = false;
  return {
    get text() {
      return text;
    },
    logProbs,
    push: (token) => {
      logProbs?.push({ ...named(token), ...(token.top && { top: token.top.map(named) }) });
      const found = finder.push(stream.push(token.id));
      text += found.text;
      stopped = found.stopped;
      return stopped;
    },
    end: () => {
      if (stopped) return;
      const last = finder.push(stream.end());
      text += last.stopped ? last.text : last.text + finder.end();
    },
    fresh: () => {
      const piece = text.slice(told);
      told = text.length;
      return piece;
    },
  };
}

function completionOf(
  model: string,
  prompt: Int32Array,
  { ids, logProbs, finish }: Generation,
  reading: TextReader,
): Completion {
  return {
    text: reading.text,
    finish,
    usage: { calls: 1, promptTokens: prompt.length, completionTokens: ids.length, usd: 0 },
    tokens: { ids, logProbs, sampled: new Uint8Array(ids.length).fill(1) },
    ...(reading.logProbs && { logProbs: reading.logProbs }),
    model,
  };
}

/** Throws InputError for what a decoder of this size cannot give. */
function refuseUnsupported(id: string, request: SampleRequest): void {
  const { messages, tools = [], toolChoice, responseFormat } = request;
  const refuse = (what: string, remedy: string): never => {
    throw new InputError(`Model ${id} ${what}; ${remedy}, or choose another model`);
  };
  if (messages.length === 0) throw new InputError('The request has no messages; send at least one');
  if (tools.length > 0 && toolChoice !== 'none') refuse('calls no tools', 'leave out tools');
  if (messages.some(({ images = [] }) => images.length > 0)) refuse('reads no images', 'leave out images');
  if (responseFormat && responseFormat.type !== 'text')
    refuse(`cannot keep to the response format ${responseFormat.type}`, 'ask for text');
}

function topKOf({ extra }: SampleRequest): number | undefined {
  const topK = extra && Object.hasOwn(extra, 'top_k') ? extra.top_k : undefined;
  if (topK === undefined) return undefined;
  if (typeof topK !== 'number')
    throw new InputError(`top_k is ${JSON.stringify(topK)}; it must be a whole number above 0`);
  return topK;
}
