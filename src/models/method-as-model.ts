import type { Limits } from '../core/budget.ts';
import type { Method } from '../core/method.ts';
import type { Completion, Model, SampleRequest } from '../core/model.ts';
import type { Question } from '../core/problem.ts';
import type { Solution } from '../core/solution.ts';
import { attempt } from '../core/solve.ts';
import type { TraceEvent } from '../core/trace.ts';
import { boundText } from './bound-text.ts';
import { Channel } from './channel.ts';
import { Narration } from './narration.ts';
import { onAbort } from './on-abort.ts';

export interface MethodAsModelOptions {
  readonly id?: string; // default: the method's name
  readonly limits?: Limits; // of each request
  /** Receives every trace event of every request as it happens. */
  readonly onEvent?: (event: TraceEvent) => void;
}

/** What happens while a method works on a request; the last event is `solved`. */
export type MethodEvent =
  | { readonly type: 'reasoning-delta'; readonly text: string }
  | { readonly type: 'solved'; readonly completion: Completion; readonly solution: Solution };

/**
 * A method as a model: each sample is a run of the method on the request's messages. The hidden samples stream as
 * reasoning, the solution is the text, and usage counts every hidden call. `temperature` is not passed on, `maxTokens` and
 * `stop` bound the final text only; the request's seed (default 0) is the run's.
 */
export function methodAsModel(method: Method, options: MethodAsModelOptions = {}): Model {
  return {
    id: options.id ?? method.name,
    async *sample(request) {
      for await (const event of runMethod(method, request, options)) {
        if (event.type === 'reasoning-delta') {
          yield event;
          continue;
        }
        const { completion } = event;
        if (completion.text !== '') yield { type: 'text-delta', text: completion.text };
        request.signal?.throwIfAborted();
        yield { type: 'sample-end', completion };
      }
    },
  };
}

/** Runs a method on a request, as `methodAsModel` does, and gives the solution with the completion made of it. */
export async function* runMethod(
  method: Method,
  request: SampleRequest,
  { limits = {}, onEvent = () => {} }: MethodAsModelOptions = {},
): AsyncGenerator<MethodEvent> {
  request.signal?.throwIfAborted();
  const controller = new AbortController();
  const unlisten = onAbort(request.signal, (reason) => controller.abort(reason));
  const events = new Channel<MethodEvent>();
  let told = '';
  const narration = new Narration((text) => {
    told += text;
    events.push({ type: 'reasoning-delta', text });
  });
  const work = attempt(method, questionOf(request), {
    limits,
    seed: request.seed ?? 0,
    index: request.index ?? 0,
    signal: controller.signal,
    onEvent: (event) => {
      onEvent(event);
      narration.tell(event);
    },
  });
  void work.then(({ solution, error, usage, replayed }) => {
    if (!solution) return events.end({ error: controller.signal.aborted ? controller.signal.reason : error });
    const completion: Completion = {
      ...finalText(solution, request),
      usage,
      ...(told !== '' && { reasoning: told }),
      ...(solution.toolCalls && { toolCalls: solution.toolCalls }),
      ...(solution.logProbs && { logProbs: solution.logProbs }),
      ...(replayed && { replayed }),
    };
    events.push({ type: 'solved', completion, solution });
    events.end();
  });
  try {
    for await (const event of events) {
      request.signal?.throwIfAborted();
      yield event;
    }
  } finally {
    unlisten();
    controller.abort(new Error('The answer is no longer read')); // without effect once the work is done
  }
}

/** The request as a method sees it. Only what concerns the final answer reaches the method. */
function questionOf(request: SampleRequest): Question {
  const { messages, tools, toolChoice, parallelToolCalls, responseFormat, topLogProbs } = request;
  return {
    id: 'request',
    messages,
    ...(tools && { tools }),
    ...(toolChoice !== undefined && { toolChoice }),
    ...(parallelToolCalls !== undefined && { parallelToolCalls }),
    ...(responseFormat && { responseFormat }),
    ...(topLogProbs !== undefined && { topLogProbs }),
  };
}

/**
 * The text a client gets, within its bounds. Where the bounds would cut the answer off the end of the steps, the answer
 * comes alone: whoever asks for little text wants the end of it.
 */
export function finalText(
  solution: Solution,
  request: Pick<SampleRequest, 'stop' | 'maxTokens' | 'responseFormat'>,
): Pick<Completion, 'text' | 'finish'> {
  const { answer, steps, toolCalls, complete } = solution;
  const whole =
    solution.text ?? [...steps, ...(answer === undefined ? [] : [`The answer is ${answer}.`])].join('\n');
  let bound = boundText(whole, request);
  const plain = request.responseFormat === undefined || request.responseFormat.type === 'text';
  if (bound.cut && plain && answer !== undefined && !toolCalls) {
    const short = boundText(`The answer is ${answer}.`, request);
    if (!short.cut) bound = short;
  }
  if (toolCalls && toolCalls.length > 0) return { text: bound.text, finish: 'tool-call' };
  return { text: bound.text, finish: complete ? bound.finish : 'length' };
}
