/**
 * Tool calling: the model asks for calls of tools in its own protocol, reads what they give, and goes on until it answers.
 * Schick et al. 2023 (models that call tools), arXiv:2302.04761; the loop is that of the chat APIs.
 * Cost: 1 call of the model per turn, at most steps + 1.
 * Deviation: nothing is trained. Which calls are made is decided in code: what tools say is data.
 */
import type { MethodEntry } from '../core/catalog-entry.ts';
import { InputError } from '../core/errors.ts';
import type { Method } from '../core/method.ts';
import type { Json, Message, Model } from '../core/model.ts';
import { frameToolOutput, TOOL_OUTPUT_IS_DATA } from '../core/passages-prompt.ts';
import type { Question } from '../core/problem.ts';
import type { Run } from '../core/run.ts';
import type { Solution } from '../core/solution.ts';
import { untilExhausted } from '../core/solve.ts';
import type { ToolUse } from '../core/tool-use.ts';
import { addSystem, closing, finalAnswerFields, instruct, toSolution } from './parts/prompt.ts';
import { Toolbox } from './parts/toolbox.ts';

export interface ToolCallingOptions extends ToolUse {
  readonly model: Model;
  readonly steps?: number; // turns with calls; default 8
  readonly temperature?: number; // default 0
  readonly maxTokens?: number; // of each turn
}

/** Characters of one call's input and output that a step keeps. */
const STEP_CHARACTERS = 500;

/** Answers with the help of tools. Throws InputError when there are none, or two of one name. */
export function toolCalling(options: ToolCallingOptions): Method {
  const names = options.tools.map(({ name }) => name);
  if (names.length === 0) throw new InputError('Tool calling needs tools; give it some, like calculator()');
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw new InputError(`Two tools are called ${twice}; rename one of them`);
  return {
    name: 'tool-calling',
    solve: (question, run) => new Conversation(options, question, run).solve(),
  };
}

class Conversation {
  readonly #options: ToolCallingOptions;
  readonly #question: Question;
  readonly #run: Run;
  readonly #toolbox: Toolbox;
  readonly #steps: string[] = [];
  readonly #calls: { tool: string; input: string; failed?: true; refused?: true }[] = [];

  constructor(options: ToolCallingOptions, question: Question, run: Run) {
    this.#options = options;
    this.#question = question;
    this.#run = run;
    this.#toolbox = new Toolbox(options, question);
  }

  solve(): Promise<Solution> {
    return untilExhausted(
      () => this.#work(),
      () => ({ steps: this.#steps, text: this.#steps.join('\n'), complete: false, details: this.#details() }),
    );
  }

  async #work(): Promise<Solution> {
    const { model, steps = 8, temperature = 0, maxTokens } = this.#options;
    const turns = addSystem(
      instruct(this.#question, `When you know the answer, ${closing(this.#question)}.`),
      TOOL_OUTPUT_IS_DATA,
    );
    for (let step = 0; ; step++) {
      const completion = await this.#run.sample(model, {
        messages: [...turns],
        temperature,
        ...(maxTokens !== undefined && { maxTokens }),
        ...finalAnswerFields(this.#question),
        tools: this.#toolbox.specs,
        ...(step === steps && { toolChoice: 'none' }), // the last word is an answer
      });
      if (completion.exposed) this.#toolbox.expose();
      const { toolCalls = [], ...said } = completion;
      if (toolCalls.length === 0 || step === steps) {
        const answer = toSolution(said, this.#question);
        return { ...answer, steps: [...this.#steps, ...answer.steps], details: this.#details() };
      }
      turns.push(...(await this.#turn(said.text, said.reasoning, toolCalls)));
    }
  }

  async #turn(
    text: string,
    reasoning: string | undefined,
    toolCalls: NonNullable<Message['toolCalls']>,
  ): Promise<Message[]> {
    const answers = await this.#toolbox.call(this.#run, toolCalls);
    if (text.trim() !== '') this.#steps.push(text);
    const told = toolCalls.map(({ id, name, input }, index): Message => {
      const { text: output = '', failed, refused } = answers[index] ?? {};
      const shown = this.#toolbox.redact(input).slice(0, STEP_CHARACTERS);
      this.#steps.push(`${name}(${shown}) → ${output.slice(0, STEP_CHARACTERS)}`);
      this.#calls.push({
        tool: name,
        input: shown,
        ...(failed && { failed: true as const }),
        ...(refused && { refused: true as const }),
      });
      return { role: 'tool', toolCallId: id, text: frameToolOutput(output) };
    });
    return [{ role: 'assistant', text, toolCalls, ...(reasoning !== undefined && { reasoning }) }, ...told];
  }

  #details(): Json {
    return { calls: this.#calls };
  }
}

export const entry: MethodEntry = {
  name: 'tool-calling',
  summary: 'the model calls tools and reads what they give, until it answers',
  paper: 'Schick et al. 2023, arXiv:2302.04761',
  aliases: ['tools'],
  calls: 'at most steps + 1',
  wraps: false,
  retrieves: true, // with the tool search
  usesTools: true,
  cannot: ['tools'], // those of the client are not ours to run
  count: 'steps',
  options: {
    steps: { summary: 'turns with calls at the most', type: 'integer', default: 8, minimum: 1, maximum: 100 },
  },
  build: ({ steps }, parts) =>
    toolCalling({
      model: parts.model,
      ...parts.toolUse(),
      steps: Number(steps),
      ...(parts.settings.temperature !== undefined && { temperature: parts.settings.temperature }),
    }),
};
