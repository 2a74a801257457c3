import type { Completion, FinishReason, SampleEvent, TokenLogProb, ToolCall } from '../core/model.ts';
import type { Piece } from './think-tags.ts';
import { splitAtLooseClose, ThinkTags } from './think-tags.ts';
import type { Upstreamed } from './upstream-error.ts';
import { embeddedError, protocolError } from './upstream-error.ts';

/** Tool calls of one answer beyond this are an upstream gone wrong. */
const MOST_TOOL_CALLS = 128;

/** Tokens as the upstream counted them. */
export interface ReportedUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number;
  readonly reasoningTokens: number;
}

/** An answer read to its end. */
export interface ChatAnswer {
  /** In order of their index. */
  readonly choices: readonly Omit<Completion, 'usage' | 'model'>[];
  readonly usage: ReportedUsage | undefined;
  readonly model: string | undefined;
}

/**
 * Puts an answer together from the chunks of a stream, or from the single object of an answer without streaming.
 * Thinking arrives as `reasoning`, `reasoning_content` or in think tags and leaves as one part.
 */
export class ChatAnswerDraft {
  readonly #upstream: Upstreamed;
  readonly #most: number;
  readonly #choices = new Map<number, ChoiceDraft>();
  #usage: ReportedUsage | undefined;
  #model: string | undefined;

  constructor(upstream: Upstreamed, choices: number) {
    this.#upstream = upstream;
    this.#most = choices;
  }

  /** Whether some choice has said why it ended. */
  get finished(): boolean {
    return [...this.#choices.values()].some((choice) => choice.finish !== undefined);
  }

  /** Takes one object of the answer and returns what it adds to the first choice. */
  add(chunk: unknown, content: 'message' | 'delta'): readonly SampleEvent[] {
    if (!isRecord(chunk)) throw protocolError('JSON that is no object', this.#upstream);
    if (chunk.error) throw embeddedError(chunk.error, this.#upstream);
    if (typeof chunk.model === 'string' && chunk.model !== '') this.#model = chunk.model;
    const groq = isRecord(chunk.x_groq) ? chunk.x_groq.usage : undefined;
    this.#usage = readUsage(chunk.usage ?? groq) ?? this.#usage;
    const choices = Array.isArray(chunk.choices) ? chunk.choices : [];
    if (content === 'message' && choices.length === 0)
      throw protocolError('an answer without choices', this.#upstream);
    const deltas: SampleEvent[] = [];
    for (const choice of choices) {
      if (!isRecord(choice)) throw protocolError('a choice that is no object', this.#upstream);
      const index = typeof choice.index === 'number' ? choice.index : 0;
      if (!(index >= 0 && index < this.#most)) continue; // more than was asked for
      const draft = this.#choices.get(index) ?? new ChoiceDraft(this.#upstream);
      this.#choices.set(index, draft);
      const added = draft.add(choice, choice[content]);
      if (index === 0) deltas.push(...added);
    }
    return deltas;
  }

  /** The answer, and what its end adds to the first choice. */
  end(): { readonly answer: ChatAnswer; readonly deltas: readonly SampleEvent[] } {
    const ordered = [...this.#choices].toSorted(([a], [b]) => a - b);
    const ended = ordered.map(([, draft]) => draft.end());
    return {
      answer: { choices: ended.map(({ choice }) => choice), usage: this.#usage, model: this.#model },
      deltas: ended[0]?.deltas ?? [],
    };
  }
}

class ChoiceDraft {
  readonly #upstream: Upstreamed;
  readonly #tags = new ThinkTags();
  readonly #toolCalls: { id: string; name: string; input: string }[] = [];
  readonly #logProbs: TokenLogProb[] = [];
  #told = 0; // log-probabilities given out with the text
  #text = '';
  #reasoning = '';
  finish: FinishReason | undefined;

  constructor(upstream: Upstreamed) {
    this.#upstream = upstream;
  }

  add(choice: Readonly<Record<string, unknown>>, message: unknown): SampleEvent[] {
    const pieces: Piece[] = [];
    let calls: SampleEvent[] = [];
    if (isRecord(message)) {
      // servers that fill both fields put the same words into them
      const thinking = textOf(message.reasoning_content) || textOf(message.reasoning);
      if (thinking !== '') pieces.push({ type: 'reasoning', text: thinking });
      const { text, thought } = contentOf(message.content);
      if (thought !== '') pieces.push({ type: 'reasoning', text: thought });
      pieces.push(...this.#tags.push(text || textOf(message.refusal)));
      if (textOf(message.refusal) !== '') this.finish ??= 'content-filter';
      if (Array.isArray(message.tool_calls)) calls = this.#addToolCalls(message.tool_calls);
    }
    if (isRecord(choice.logprobs) && Array.isArray(choice.logprobs.content))
      for (const token of choice.logprobs.content) this.#logProbs.push(readLogProb(token));
    const finish = choice.finish_reason;
    if (finish === 'error')
      throw embeddedError(choice.error ?? { message: 'finish_reason error' }, this.#upstream);
    if (typeof finish === 'string') this.finish ??= FINISH_REASONS.get(finish) ?? 'stop';
    const deltas = this.#keep(pieces);
    return calls.length > 0 ? [...deltas, ...calls] : deltas;
  }

  end(): { choice: Omit<Completion, 'usage' | 'model'>; deltas: SampleEvent[] } {
    const deltas = this.#keep(this.#tags.end());
    const toolCalls: ToolCall[] = this.#toolCalls.map(({ id, name, input }, index) => {
      if (name === '') throw protocolError('a tool call without a name', this.#upstream);
      return { id: id || callId(index), name, input: input || '{}' };
    });
    const loose = this.#reasoning === '' ? splitAtLooseClose(this.#text) : undefined;
    const text = loose?.text ?? this.#text;
    const reasoning = (loose?.reasoning ?? this.#reasoning).trim();
    const finish = this.finish ?? 'stop';
    const choice = {
      text,
      ...(reasoning !== '' && { reasoning }),
      ...(toolCalls.length > 0 && { toolCalls }),
      // some servers say "stop" after tool calls
      finish: toolCalls.length > 0 && finish === 'stop' ? ('tool-call' as const) : finish,
      ...(this.#logProbs.length > 0 && { logProbs: this.#logProbs }),
    };
    return { choice, deltas };
  }

  #keep(pieces: readonly Piece[]): SampleEvent[] {
    const deltas: SampleEvent[] = [];
    for (const { type, text } of pieces) {
      if (type === 'reasoning') {
        this.#reasoning += text;
        deltas.push({ type: 'reasoning-delta', text });
        continue;
      }
      this.#text += text;
      const logProbs = this.#logProbs.slice(this.#told);
      this.#told += logProbs.length;
      deltas.push({ type: 'text-delta', text, ...(logProbs.length > 0 && { logProbs }) });
    }
    return deltas;
  }

  #addToolCalls(fragments: readonly unknown[]): SampleEvent[] {
    const deltas: SampleEvent[] = [];
    for (const [position, fragment] of fragments.entries()) {
      if (!isRecord(fragment)) continue;
      const index = typeof fragment.index === 'number' ? fragment.index : position;
      if (!(index >= 0 && index < MOST_TOOL_CALLS))
        throw protocolError(
          `tool call number ${index}, beyond the ${MOST_TOOL_CALLS} that are read`,
          this.#upstream,
        );
      while (this.#toolCalls.length <= index) this.#toolCalls.push({ id: '', name: '', input: '' });
      const call = this.#toolCalls[index] as { id: string; name: string; input: string };
      const called = isRecord(fragment.function) ? fragment.function : {};
      const first = call.name === '';
      call.id ||= textOf(fragment.id);
      call.name += call.name === textOf(called.name) ? '' : textOf(called.name);
      const input = isRecord(called.arguments) ? JSON.stringify(called.arguments) : textOf(called.arguments);
      call.input += input;
      if (call.name === '') continue; // told once it is known what is called
      deltas.push(
        first
          ? {
              type: 'tool-call-delta',
              index,
              id: call.id || callId(index),
              name: call.name,
              input: call.input,
            }
          : { type: 'tool-call-delta', index, input },
      );
    }
    return deltas;
  }
}

/** For a call whose server gives it no id. */
function callId(index: number): string {
  return `call_${index}`;
}

const FINISH_REASONS: ReadonlyMap<string, FinishReason> = new Map([
  ['stop', 'stop'],
  ['length', 'length'],
  ['max_tokens', 'length'],
  ['model_length', 'length'],
  ['tool_calls', 'tool-call'],
  ['function_call', 'tool-call'],
  ['content_filter', 'content-filter'],
]);

/** Content is a string, or a list of parts of which some may be thinking. */
function contentOf(content: unknown): { text: string; thought: string } {
  if (!Array.isArray(content)) return { text: textOf(content), thought: '' };
  let text = '';
  let thought = '';
  for (const part of content) {
    if (!isRecord(part)) continue;
    if (part.type === 'text') text += textOf(part.text);
    if (part.type === 'thinking')
      thought += Array.isArray(part.thinking)
        ? part.thinking.map((inner) => (isRecord(inner) ? textOf(inner.text) : '')).join('')
        : textOf(part.thinking);
  }
  return { text, thought };
}

/** A token of the chat protocol with its log-probability. */
export function readLogProb(token: unknown): TokenLogProb {
  const top = isRecord(token) && Array.isArray(token.top_logprobs) ? token.top_logprobs : [];
  return { ...readToken(token), ...(top.length > 0 && { top: top.map(readToken) }) };
}

function readToken(token: unknown): { token: string; logProb: number } {
  const { token: text, logprob } = isRecord(token) ? token : {};
  return {
    token: textOf(text),
    logProb: typeof logprob === 'number' ? Math.min(0, logprob) : Number.NEGATIVE_INFINITY,
  };
}

function readUsage(usage: unknown): ReportedUsage | undefined {
  if (!isRecord(usage)) return undefined;
  const promptTokens = count(usage.prompt_tokens);
  const completionTokens = count(usage.completion_tokens);
  if (promptTokens === undefined || completionTokens === undefined) return undefined;
  const prompt = isRecord(usage.prompt_tokens_details) ? usage.prompt_tokens_details : {};
  const completion = isRecord(usage.completion_tokens_details) ? usage.completion_tokens_details : {};
  const reasoningTokens = count(completion.reasoning_tokens) ?? 0;
  // some servers leave the thinking out of completion_tokens, which their total gives away
  const apart =
    reasoningTokens > 0 && usage.total_tokens === promptTokens + completionTokens + reasoningTokens;
  return {
    promptTokens,
    completionTokens: completionTokens + (apart ? reasoningTokens : 0),
    cachedTokens: Math.min(promptTokens, count(prompt.cached_tokens ?? usage.prompt_cache_hit_tokens) ?? 0),
    reasoningTokens,
  };
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.round(value) : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
