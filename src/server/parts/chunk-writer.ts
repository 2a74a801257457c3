import type { TokenLogProb, ToolCallDelta } from '../../core/model.ts';
import type { Answered } from './answer.ts';
import type { AnswerHead, JsonObject } from './chat-answer.ts';
import { finishReason, logProbsObject, toolCallObject } from './chat-answer.ts';

/** What a stream has said of one choice, so that its end adds only what is missing. */
interface Told {
  readonly calls: Map<number, number>; // characters of each call's input
  logProbs: number;
}

/** Writes the chunks of a streamed answer, each one server-sent event. */
export class ChunkWriter {
  readonly #start: string;
  readonly #usage: string;
  readonly #told = new Map<number, Told>(); // by choice

  constructor({ id, created, model }: AnswerHead, includeUsage: boolean) {
    const head = JSON.stringify({ id, object: 'chat.completion.chunk', created, model });
    this.#start = `data: ${head.slice(0, -1)},`;
    this.#usage = includeUsage ? ',"usage":null' : '';
  }

  /** One delta of a choice; `rest` stands beside it. */
  delta(choice: number, delta: JsonObject, rest: JsonObject = {}): string {
    return this.#chunk(JSON.stringify({ index: choice, delta, finish_reason: null, ...rest }));
  }

  text(choice: number, text: string, logProbs?: readonly TokenLogProb[]): string {
    if (logProbs) this.#toldOf(choice).logProbs += logProbs.length;
    const beside = logProbs ? `,"logprobs":${JSON.stringify(logProbsObject(logProbs))}` : '';
    return this.#chunk(
      `{"index":${choice},"delta":{"content":${JSON.stringify(text)}},"finish_reason":null${beside}}`,
    );
  }

  /** A piece of a call as the model writes it. */
  toolCall(choice: number, { index, id, name, input }: ToolCallDelta): string {
    const { calls } = this.#toldOf(choice);
    calls.set(index, (calls.get(index) ?? 0) + input.length);
    const first = id !== undefined && name !== undefined;
    const call = first
      ? { index, id, type: 'function', function: { name, arguments: input } }
      : { index, function: { arguments: input } };
    return this.delta(choice, { tool_calls: [call] });
  }

  /** Everything that follows the last word of a choice. */
  end(choice: number, answered: Answered, facts: JsonObject | undefined): string {
    const { toolCalls = [], logProbs, finish } = answered.completion;
    const told = this.#toldOf(choice);
    let written = answered.refusal === undefined ? '' : this.delta(choice, { refusal: answered.refusal });
    for (const [index, call] of toolCalls.entries()) {
      const { id, type, function: called } = toolCallObject(call);
      if (!told.calls.has(index))
        written += this.delta(choice, {
          tool_calls: [{ index, id, type, function: { name: called.name, arguments: '' } }],
        });
      const rest = called.arguments.slice(told.calls.get(index) ?? 0);
      if (rest !== '')
        written += this.delta(choice, { tool_calls: [{ index, function: { arguments: rest } }] });
    }
    const untold = logProbs?.slice(told.logProbs) ?? [];
    return (
      written +
      this.delta(
        choice,
        {},
        {
          finish_reason: finishReason(finish),
          ...(untold.length > 0 && { logprobs: logProbsObject(untold) }),
          ...(facts && { x_reckon: facts }),
        },
      )
    );
  }

  usage(usage: JsonObject): string {
    return `${this.#start}"choices":[],"usage":${JSON.stringify(usage)}}\n\n`;
  }

  #chunk(choice: string): string {
    return `${this.#start}"choices":[${choice}]${this.#usage}}\n\n`;
  }

  #toldOf(choice: number): Told {
    const known = this.#told.get(choice);
    if (known) return known;
    const told: Told = { calls: new Map(), logProbs: 0 };
    this.#told.set(choice, told);
    return told;
  }
}
