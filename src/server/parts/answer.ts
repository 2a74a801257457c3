import { buildMethod } from '../../catalog/methods.ts';
import type { AnswerField } from '../../core/catalog-entry.ts';
import { BudgetExceededError } from '../../core/errors.ts';
import type { Method } from '../../core/method.ts';
import type { Completion, Model, SampleEvent, SampleRequest } from '../../core/model.ts';
import type { Solution } from '../../core/solution.ts';
import type { TraceEvent } from '../../core/trace.ts';
import { Channel } from '../../models/channel.ts';
import { estimatePromptTokens } from '../../models/estimate-tokens.ts';
import { runMethod } from '../../models/method-as-model.ts';
import { onAbort } from '../../models/on-abort.ts';
import { ApiError, badField } from './api-error.ts';
import type { Asked } from './asked.ts';
import { Deadline } from './deadline.ts';
import { MOST_CALLS, MOST_SAMPLES, MOST_SECONDS } from './limits.ts';
import type { Meter } from './meter.ts';
import type { ServedModels, Target } from './served-models.ts';

/** How one choice ended. */
export interface Answered {
  readonly completion: Completion;
  readonly solution?: Solution; // of a method
  readonly refusal?: string; // the answer was not certain enough for the client
  readonly exhausted?: string; // which limit ended the work early
}

export type AnswerEvent = { readonly choice: number } & (
  | Exclude<SampleEvent, { readonly type: 'sample-end' }>
  | ({ readonly type: 'end' } & Answered)
);

export interface AnswerOptions {
  readonly models: ServedModels;
  readonly meter: Meter;
  readonly signal: AbortSignal;
  /** Receives the trace of a method's first choice. */
  readonly onEvent?: (event: TraceEvent) => void;
}

const FIELD_NAMES: Readonly<Record<AnswerField, string>> = {
  tools: 'call tools',
  format: 'answer in a given format',
  'log-probabilities': 'give log-probabilities',
  images: 'see images',
};

/** Throws the 400 that names what cannot be done, before anything is called. */
export function checkAsked({ method }: Target, asked: Asked): void {
  const { n, wanted, limits, abstain, request } = asked;
  if (!method) {
    if (abstain !== undefined)
      throw badField('reckon.abstain', 'abstaining needs a method with a vote or a score, like sc@8');
    if (limits.usd !== undefined)
      throw badField(
        'reckon.limits.usd',
        'a limit in usd needs a method; a single call is bounded by max_tokens',
      );
    if (limits.tokens !== undefined && limits.tokens <= estimatePromptTokens(request))
      throw badField('reckon.limits.tokens', `${limits.tokens} tokens do not hold the prompt`);
    return;
  }
  if (method.samples * n > MOST_SAMPLES)
    throw badField('n', `${n} × ${method.samples} samples are more than the ${MOST_SAMPLES} of one request`);
  for (const field of method.cannot) {
    const param = wanted.get(field);
    if (param !== undefined)
      throw new ApiError(
        400,
        `The method ${method.name} cannot ${FIELD_NAMES[field]}; leave ${param} out or choose another method`,
        {
          param,
          code: 'unsupported_parameter',
        },
      );
  }
}

/** Answers a request: each choice's thinking, text and calls as they come, and one `end` a choice. */
export function answer(target: Target, asked: Asked, options: AnswerOptions): AsyncGenerator<AnswerEvent> {
  return asked.n === 1 ? choice(target, asked, 0, options) : choices(target, asked, options);
}

async function* choices(target: Target, asked: Asked, options: AnswerOptions): AsyncGenerator<AnswerEvent> {
  const controller = new AbortController();
  const unlisten = onAbort(options.signal, (reason) => controller.abort(reason));
  if (options.signal.aborted) controller.abort(options.signal.reason);
  const channel = new Channel<AnswerEvent>();
  const work = Array.from({ length: asked.n }, async (_, index) => {
    for await (const event of choice(target, asked, index, { ...options, signal: controller.signal }))
      channel.push(event);
  });
  Promise.all(work).then(
    () => channel.end(),
    (error: unknown) => channel.end({ error }),
  );
  try {
    yield* channel;
  } finally {
    unlisten();
    controller.abort(new Error('The answer is no longer read'));
    await Promise.allSettled(work);
  }
}

function choice(
  target: Target,
  asked: Asked,
  index: number,
  options: AnswerOptions,
): AsyncGenerator<AnswerEvent> {
  return target.method
    ? methodChoice(target, asked, index, options)
    : plainChoice(target, asked, index, options);
}

function modelOf({ served }: Target, { stream }: Asked): Model {
  return stream ? served.live : (served.whole ?? served.live);
}

/** The model alone. A deadline gives back the words that have come. */
async function* plainChoice(
  target: Target,
  asked: Asked,
  index: number,
  { meter, signal }: AnswerOptions,
): AsyncGenerator<AnswerEvent> {
  const { request, limits } = asked;
  const room = limits.tokens === undefined ? undefined : limits.tokens - estimatePromptTokens(request);
  const deadline = new Deadline(signal, Math.min(limits.seconds ?? MOST_SECONDS, MOST_SECONDS));
  const model = meter.count(modelOf(target, asked), target.going);
  let text = '';
  let reasoning = '';
  try {
    for await (const event of model.sample({
      ...request,
      ...(room !== undefined && { maxTokens: Math.min(room, request.maxTokens ?? room) }),
      ...(request.seed !== undefined && { seed: request.seed + index }),
      index,
      signal: deadline.signal,
    })) {
      if (event.type === 'sample-end') {
        yield { choice: index, type: 'end', completion: event.completion };
        return;
      }
      if (event.type === 'text-delta') text += event.text;
      else if (event.type === 'reasoning-delta') reasoning += event.text;
      yield { choice: index, ...event };
    }
  } catch (cause) {
    if (!(deadline.signal.aborted && deadline.signal.reason instanceof BudgetExceededError)) throw cause;
    const completion: Completion = {
      text,
      ...(reasoning && { reasoning }),
      finish: 'length',
      usage: meter.usage,
    };
    yield { choice: index, type: 'end', completion, exhausted: 'seconds' };
  } finally {
    deadline.clear();
  }
}

/** A method: what it thinks, then its answer. Where its one call is the answer, that is given out as it comes. */
async function* methodChoice(
  target: Target,
  asked: Asked,
  index: number,
  options: AnswerOptions,
): AsyncGenerator<AnswerEvent> {
  const { request, abstain } = asked;
  const { recipe, oneCall } = target.method as NonNullable<Target['method']>;
  const { meter, models } = options;
  const { reasoningEffort, extra } = request;
  let calls = 0;
  const model = meter.count(modelOf(target, asked), target.going, (hidden) => {
    if (++calls > MOST_CALLS) throw new BudgetExceededError('calls', MOST_CALLS);
    return { ...hidden, ...(reasoningEffort && { reasoningEffort }), ...(extra && { extra }) };
  });
  const pantry = await models.pantry();
  const solving = async (asking: Model) =>
    solve(await buildMethod(recipe, pantry.with(asking)), asked, index, options);
  if (oneCall) {
    // what bounds the answer bounds what may be told of it before it is whole
    const bounded = request.stop !== undefined || request.maxTokens !== undefined || abstain !== undefined;
    yield* overheard(model, solving, index, bounded);
    return;
  }
  for await (const event of await solving(model)) {
    if (event.type === 'end')
      for (const text of slices(event.completion.text)) yield { choice: index, type: 'text-delta', text };
    yield event;
  }
}

/** The thinking of a method at work, and one end, which may be a refusal. */
async function* solve(
  method: Method,
  { request, limits, seed, abstain }: Asked,
  index: number,
  { signal, onEvent }: AnswerOptions,
): AsyncGenerator<AnswerEvent> {
  const run: SampleRequest = { ...request, seed: (seed ?? request.seed ?? 0) + index, index, signal };
  const bounded = { ...limits, seconds: Math.min(limits.seconds ?? MOST_SECONDS, MOST_SECONDS) };
  for await (const event of runMethod(method, run, {
    limits: bounded,
    ...(onEvent && index === 0 && { onEvent }),
  })) {
    if (event.type === 'reasoning-delta') {
      yield { choice: index, ...event };
      continue;
    }
    const { completion, solution } = event;
    const { confidence, exhausted } = solution;
    const common = { choice: index, type: 'end', solution, ...(exhausted && { exhausted }) } as const;
    if (abstain !== undefined && confidence !== undefined && confidence < abstain) {
      const refusal = `Not certain enough to answer: the confidence is ${confidence.toFixed(2)}, below ${abstain}.`;
      yield { ...common, completion: { ...withoutCalls(completion), text: '', finish: 'stop' }, refusal };
    } else yield { ...common, completion };
  }
}

/** A method's one call as the model makes it, then what the end adds. Whoever stops reading has aborted the signal. */
async function* overheard(
  model: Model,
  solving: (model: Model) => Promise<AsyncIterable<AnswerEvent>>,
  choice: number,
  bounded: boolean,
): AsyncGenerator<AnswerEvent> {
  const channel = new Channel<AnswerEvent>();
  let text = '';
  let reasoning = '';
  const heard: Model = {
    id: model.id,
    async *sample(request) {
      for await (const event of model.sample(request)) {
        if (event.type === 'reasoning-delta') reasoning += event.text;
        if (event.type !== 'sample-end' && (event.type === 'reasoning-delta' || !bounded)) {
          if (event.type === 'text-delta') text += event.text;
          channel.push({ choice, ...event });
        }
        yield event;
      }
    },
  };
  const work = async () => {
    for await (const event of await solving(heard)) {
      if (event.type !== 'end') continue; // heard already
      const { reasoning: _narrated, ...completion } = event.completion;
      const rest = completion.text.startsWith(text) ? completion.text.slice(text.length) : '';
      for (const part of slices(rest)) channel.push({ choice, type: 'text-delta', text: part });
      channel.push({ ...event, completion: { ...completion, ...(reasoning !== '' && { reasoning }) } });
    }
  };
  work().then(
    () => channel.end(),
    (error: unknown) => channel.end({ error }),
  );
  yield* channel;
}

function withoutCalls({ toolCalls: _calls, logProbs: _logProbs, ...completion }: Completion): Completion {
  return completion;
}

/** Characters of one piece of an answer that was known at once. */
const SLICE = 32;

/** The text in pieces of whole characters. */
function slices(text: string): string[] {
  if (text.length <= SLICE) return text === '' ? [] : [text];
  const parts: string[] = [];
  for (let start = 0; start < text.length; ) {
    let end = Math.min(text.length, start + SLICE);
    if (end < text.length && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800) end++; // the second half of a pair
    parts.push(text.slice(start, end));
    start = end;
  }
  return parts;
}
