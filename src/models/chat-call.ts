import { createParser } from 'eventsource-parser';
import type { Pool } from 'undici';
import { ModelError } from '../core/errors.ts';
import type { Completion, Json, SampleEvent, SampleRequest, Usage } from '../core/model.ts';
import type { Timeouts } from './call-deadline.ts';
import type { ChatAnswer, ReportedUsage } from './chat-answer.ts';
import { ChatAnswerDraft } from './chat-answer.ts';
import type { OptionalParameter } from './chat-request.ts';
import { chatRequest, OPTIONAL_PARAMETERS } from './chat-request.ts';
import { completionEvents } from './completion-events.ts';
import { estimatePromptTokens, estimateTokens } from './estimate-tokens.ts';
import type { HttpAnswer } from './http-call.ts';
import { post } from './http-call.ts';
import type { Price } from './prices.ts';
import { costOf } from './prices.ts';
import type { Upstreamed } from './upstream-error.ts';
import { answerError, protocolError, tooLargeError, unsupportedParameter } from './upstream-error.ts';

/** One server-sent event may hold this many characters. */
const MOST_EVENT_CHARACTERS = 4 * 1024 * 1024;

/**
 * `live`: text is given out as it arrives, and a stream that breaks after its first word cannot be tried again ·
 * `held`: the answer streams over the wire, which notices a dead connection early, and is given out whole, so that every
 * fault can be tried again · `off`: one object without streaming.
 */
export type Streaming = 'live' | 'held' | 'off';

export interface ChatCallOptions {
  readonly pool: Pool;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly upstream: Upstreamed;
  readonly model: string;
  readonly stream: Streaming;
  readonly maxTokensName: 'max_tokens' | 'max_completion_tokens';
  readonly extra: { readonly [key: string]: Json };
  readonly timeouts: Required<Timeouts>;
  readonly maxResponseBytes: number;
  readonly price: Price | undefined;
}

/** Makes single calls of one model, and remembers which parameters it refused. */
export class ChatCaller {
  readonly #options: ChatCallOptions;
  readonly #refused = new Set<OptionalParameter>();

  constructor(options: ChatCallOptions) {
    this.#options = options;
  }

  /** Parameters that the upstream was found not to take; they are no longer sent. */
  get refused(): ReadonlySet<OptionalParameter> {
    return this.#refused;
  }

  /** One call for `n` samples. Ends with a `sample-end` for each that came back; with n > 1 there are no deltas. */
  async *call(request: SampleRequest, n = 1): AsyncGenerator<SampleEvent> {
    const { stream, upstream } = this.#options;
    const live = stream === 'live' && n === 1;
    const answer = await this.#open(request, n);
    const draft = new ChatAnswerDraft(upstream, n);
    let completions: Completion[] | undefined;
    try {
      if (isEventStream(answer, stream)) {
        const reader = new EventReader(draft, upstream);
        while (!reader.done) {
          const text = await answer.read();
          if (text === undefined) break;
          const deltas = reader.feed(text);
          if (live) for (const delta of deltas) yield delta;
        }
        if (!reader.done && !draft.finished) throw protocolError('a stream that was cut short', upstream);
      } else {
        checkType(answer, upstream);
        const deltas = draft.add(parseJson(await answer.text(), 'an answer', upstream), 'message');
        if (live) for (const delta of deltas) yield delta;
      }
      const { answer: read, deltas } = draft.end();
      if (live) for (const delta of deltas) yield delta;
      completions = this.#complete(read, request);
    } catch (cause) {
      if (cause instanceof RangeError) throw protocolError('JSON nested too deeply to read', upstream, cause);
      throw cause;
    } finally {
      if (completions) answer.finish();
      else answer.close();
    }
    if (!live && n === 1 && completions[0]) yield* completionEvents(completions[0], request.signal);
    else for (const completion of completions) yield { type: 'sample-end', completion };
  }

  /** Sends the request; where the upstream refuses a parameter that can be done without, once more without it. */
  async #open(request: SampleRequest, n: number): Promise<HttpAnswer> {
    const { model, stream, maxTokensName, extra, upstream } = this.#options;
    const trial = new Set<OptionalParameter>();
    for (;;) {
      const refused = new Set([...this.#refused, ...trial]);
      const body = chatRequest(request, {
        model,
        stream: stream !== 'off',
        n,
        refused,
        maxTokensName,
        extra,
      });
      const answer = await post({ ...this.#options, body: JSON.stringify(body), signal: request.signal });
      if (answer.status >= 200 && answer.status < 300) {
        for (const name of trial) this.#refused.add(name);
        return answer;
      }
      const error = await failure(answer, upstream);
      const sent = OPTIONAL_PARAMETERS.filter((name) => Object.hasOwn(body, name));
      const name = unsupportedParameter(error, sent);
      if (name === undefined) throw error;
      trial.add(name as OptionalParameter);
      // without either name the length would be unbounded
      if (refused.has('max_tokens') && name === 'max_completion_tokens') throw error;
      if (refused.has('max_completion_tokens') && name === 'max_tokens') throw error;
    }
  }

  /** Completions with their share of the usage: the first bears the prompt, all bear their own words. */
  #complete(answer: ChatAnswer, request: SampleRequest): Completion[] {
    const { choices, model } = answer;
    const lengths = choices.map(
      ({ text, reasoning, toolCalls }) =>
        text.length +
        (reasoning?.length ?? 0) +
        (toolCalls ?? []).reduce((sum, call) => sum + call.input.length, 0),
    );
    const estimated = answer.usage === undefined;
    const usage = answer.usage ?? {
      promptTokens: estimatePromptTokens(request),
      completionTokens: lengths.reduce((sum, length) => sum + Math.ceil(length / 4), 0),
      cachedTokens: 0,
      reasoningTokens: choices.reduce((sum, { reasoning }) => sum + estimateTokens(reasoning ?? ''), 0),
    };
    const completionTokens = apportion(usage.completionTokens, lengths);
    const reasoningTokens = apportion(usage.reasoningTokens, lengths);
    return choices.map((choice, index) => ({
      ...choice,
      ...(model !== undefined && { model }),
      usage: this.#usage(
        {
          promptTokens: index === 0 ? usage.promptTokens : 0,
          cachedTokens: index === 0 ? usage.cachedTokens : 0,
          completionTokens: completionTokens[index] as number,
          reasoningTokens: reasoningTokens[index] as number,
        },
        index === 0 ? 1 : 0,
        estimated,
      ),
    }));
  }

  #usage(tokens: ReportedUsage, calls: number, estimated: boolean): Usage {
    const { price } = this.#options;
    const { promptTokens, completionTokens, cachedTokens, reasoningTokens } = tokens;
    return {
      calls,
      promptTokens,
      completionTokens,
      ...(cachedTokens > 0 && { cachedTokens }),
      ...(reasoningTokens > 0 && { reasoningTokens }),
      ...(price && { usd: costOf(price, tokens) }),
      ...(estimated && { estimated }),
    };
  }
}

/** Whether the answer is a stream. It is read as what it says it is, whatever was asked for. */
function isEventStream({ contentType }: HttpAnswer, stream: Streaming): boolean {
  return contentType === 'text/event-stream' || (contentType === '' && stream !== 'off');
}

function checkType({ contentType }: HttpAnswer, upstream: Upstreamed): void {
  if (contentType !== '' && contentType !== 'application/json' && !contentType.endsWith('+json'))
    throw protocolError(`an answer of the type ${JSON.stringify(contentType)}`, upstream);
}

/** Reads the events of a stream into a draft. */
class EventReader {
  readonly #parser: ReturnType<typeof createParser>;
  #deltas: SampleEvent[] = [];
  #done = false;

  constructor(draft: ChatAnswerDraft, upstream: Upstreamed) {
    this.#parser = createParser({
      maxBufferSize: MOST_EVENT_CHARACTERS,
      onEvent: ({ data }) => {
        if (this.#done) return;
        if (data === '[DONE]') this.#done = true;
        else this.#deltas.push(...draft.add(parseJson(data, 'an event', upstream), 'delta'));
      },
      onError: (cause) => {
        if (cause.type === 'max-buffer-size-exceeded')
          throw tooLargeError(`an event of more than ${MOST_EVENT_CHARACTERS} characters`, upstream);
      },
    });
  }

  /** Whether the stream has said that it is over. */
  get done(): boolean {
    return this.#done;
  }

  /** Takes a piece of the stream and returns what it adds to the first choice. */
  feed(text: string): readonly SampleEvent[] {
    this.#deltas = [];
    this.#parser.feed(text);
    return this.#deltas;
  }
}

async function failure(answer: HttpAnswer, upstream: Upstreamed): Promise<ModelError> {
  const { status, headers } = answer;
  try {
    return answerError({ status, headers, body: await answer.text() }, upstream);
  } catch (cause) {
    // the status says enough when its explanation is lost on the way; an abort is the caller's
    if (!(cause instanceof ModelError)) throw cause;
    return answerError({ status, headers, body: '' }, upstream);
  } finally {
    answer.close();
  }
}

function parseJson(text: string, what: string, upstream: Upstreamed): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const end = text.length > 40 ? `…${text.slice(-40)}` : text;
    throw protocolError(
      `${what} that is not JSON (${text.length} characters, ending ${JSON.stringify(end)})`,
      upstream,
      cause,
    );
  }
}

/** Whole numbers in proportion to `weights` that add up to `total`. */
function apportion(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  let weight = 0;
  let given = 0;
  return weights.map((own, index) => {
    weight += sum === 0 ? 1 : own;
    const upTo =
      index === weights.length - 1
        ? total
        : Math.round((total * weight) / (sum === 0 ? weights.length : sum));
    const share = upTo - given;
    given = upTo;
    return share;
  });
}
