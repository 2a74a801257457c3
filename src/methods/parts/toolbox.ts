import { inputProblems } from '../../core/check-input.ts';
import { ToolError } from '../../core/errors.ts';
import type { Json, ToolSpec } from '../../core/model.ts';
import type { Question } from '../../core/problem.ts';
import type { Run } from '../../core/run.ts';
import type { Secrets } from '../../core/secrets.ts';
import { secretsOf } from '../../core/secrets.ts';
import type { Tool } from '../../core/tool.ts';
import { informationFlow, isQuoted } from '../../core/tool-policy.ts';
import type { ToolUse } from '../../core/tool-use.ts';

/** A call as the model wrote it: its input as JSON text, or as a value already. */
export interface AskedCall {
  readonly name: string;
  readonly input: string | { readonly value: Json };
}

/** What the model is told about a call. `refused`: it was not made. */
export interface ToolAnswer {
  readonly text: string;
  readonly failed: boolean;
  readonly refused: boolean;
}

/** Calls of one turn that are made; the rest is refused. */
const MOST_CALLS_AT_ONCE = 16;
const INPUT_CHARACTERS = 20_000;
const OUTPUT_CHARACTERS = 20_000;
const NAME_CHARACTERS = 64;
/** Read beyond the cut, so that no secret is cut in half and missed. */
const OVERLAP_CHARACTERS = 4_096;

/**
 * Makes the calls that a model asks for in one conversation, after checking each: is there such a tool, does the input fit its
 * schema, does it hold a secret, does the policy allow it. Whatever goes wrong is text for the model.
 */
export class Toolbox {
  readonly #use: ToolUse;
  readonly #secrets: Secrets;
  readonly #userWords: string;
  #exposed: boolean;

  constructor(use: ToolUse, question: Question) {
    this.#use = use;
    this.#secrets = secretsOf(use.secrets ?? []);
    const said = question.messages.filter(({ role }) => role === 'user' || role === 'system');
    const own = said.filter(({ text }) => !holdsOutsideText(text));
    this.#userWords = own.map(({ text }) => text).join('\n');
    this.#exposed = own.length < said.length || question.messages.some(({ role }) => role === 'tool');
  }

  /** Whether text from outside has entered the conversation. */
  get exposed(): boolean {
    return this.#exposed;
  }

  /** Text from outside enters the conversation by another way than a tool. */
  expose(): void {
    this.#exposed = true;
  }

  /** The tools as a model sees them. */
  get specs(): ToolSpec[] {
    return this.#use.tools.map(({ name, description, parameters }) => ({
      name,
      parameters,
      ...(description !== undefined && { description }),
    }));
  }

  /** A text for a prompt: without secrets. */
  redact(text: string): string {
    return this.#secrets.redact(text);
  }

  /**
   * Makes the calls of one turn at the same time; answers come in their order. All of them are decided before the first is made,
   * so what one brings in has no say about the others.
   */
  async call(run: Run, asked: readonly AskedCall[]): Promise<ToolAnswer[]> {
    const decided = asked.map((call, index) => this.#decide(call, index));
    return Promise.all(
      decided.map(async ({ tool, input, refusal }) => {
        const { text, failed } = await run.call(refusal ?? this.#guarded(tool), input);
        if (!refusal && tool.outside !== false) this.#exposed = true;
        return { text, failed, refused: refusal !== undefined };
      }),
    );
  }

  #decide({ name, input: written }: AskedCall, index: number): Decided {
    const tool = this.#use.tools.find((candidate) => candidate.name === name);
    const read = readInput(written);
    const input = 'value' in read ? read.value : '';
    const refuse = (why: string): Decided => {
      const shown = this.#secrets.redact(name.slice(0, NAME_CHARACTERS));
      return {
        tool: tool ?? never(shown, why),
        input: redactedInput(input, this.#secrets),
        refusal: never(shown, why),
      };
    };
    if (!tool)
      return refuse(
        `There is no tool of that name; there are ${this.#use.tools.map((one) => one.name).join(', ')}`,
      );
    if (index >= MOST_CALLS_AT_ONCE)
      return refuse(`Not made: at most ${MOST_CALLS_AT_ONCE} calls are made at once`);
    if ('problem' in read) return refuse(`The input is not right: ${read.problem}`);
    if (this.#secrets.heldBy(JSON.stringify(input)))
      return refuse('Refused: the input holds a secret, which no tool is given');
    const problems = inputProblems(tool.parameters, input);
    if (problems.length > 0) return refuse(`The input is not right: ${problems.join('; ')}`);
    const { policy = informationFlow() } = this.#use;
    const quoted = isQuoted(input, this.#userWords, knownKeys(tool.parameters));
    const verdict = policy({ tool, input, exposed: this.#exposed, quoted });
    return verdict === true ? { tool, input } : refuse(`Refused: ${verdict}`);
  }

  /** The tool with an end to its time and its output, and without secrets in what it says. */
  #guarded(tool: Tool): Tool {
    const { seconds = 30 } = this.#use;
    return {
      name: tool.name,
      parameters: tool.parameters,
      call: async (input, { signal }) => {
        const stop = new AbortController();
        const late = new ToolError(`The tool ${tool.name} took longer than ${seconds} s and was stopped`);
        const timer = setTimeout(() => stop.abort(late), seconds * 1000);
        const both = AbortSignal.any([signal, stop.signal]);
        try {
          return this.#shown(await unlessAborted(() => tool.call(input, { signal: both }), both));
        } catch (cause) {
          both.throwIfAborted();
          throw new ToolError(this.#shown(cause instanceof Error ? cause.message : String(cause)), { cause });
        } finally {
          clearTimeout(timer);
        }
      },
    };
  }

  #shown(text: string): string {
    const clean = this.#secrets.redact(text.slice(0, OUTPUT_CHARACTERS + OVERLAP_CHARACTERS));
    if (clean.length <= OUTPUT_CHARACTERS) return clean;
    return `${clean.slice(0, OUTPUT_CHARACTERS)}\n[cut after ${OUTPUT_CHARACTERS} characters]`;
  }
}

interface Decided {
  readonly tool: Tool;
  readonly input: Json;
  /** Stands in for the tool when the call may not be made, so that the trace shows it. */
  readonly refusal?: Tool;
}

/** Frames are made by our own code, so a text without one holds no passage and no output that a method put there. */
function holdsOutsideText(text: string): boolean {
  return /<(?:passages|tool-output)>\n/.test(text);
}

function never(name: string, why: string): Tool {
  return {
    name,
    parameters: {},
    call: async () => {
      throw new ToolError(why);
    },
  };
}

function readInput(written: AskedCall['input']): { readonly value: Json } | { readonly problem: string } {
  const text = typeof written === 'string' ? written : JSON.stringify(written.value);
  if (text.length > INPUT_CHARACTERS)
    return { problem: `it has ${text.length} characters; at most ${INPUT_CHARACTERS} are read` };
  if (typeof written !== 'string') return written;
  try {
    return { value: written.trim() === '' ? {} : (JSON.parse(written) as Json) };
  } catch {
    return { problem: 'it is not JSON' };
  }
}

function redactedInput(input: Json, secrets: Secrets): Json {
  const text = JSON.stringify(input);
  if (!secrets.heldBy(text)) return input;
  const clean = secrets.redact(text);
  return secrets.heldBy(clean) ? '[secret]' : clean;
}

function knownKeys(parameters: Json): string[] {
  const properties =
    typeof parameters === 'object' && parameters !== null && 'properties' in parameters
      ? parameters.properties
      : undefined;
  return typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
}

/** What `work` gives, or the signal's reason as soon as it aborts, whether `work` listens to it or not. */
async function unlessAborted<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work(), aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
