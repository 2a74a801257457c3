/**
 * ReAct: thoughts and actions in turn; what an action finds is the next observation.
 * Yao et al. 2022, arXiv:2210.03629. At most 7 steps for questions like HotpotQA's, 5 for FEVER's.
 * Cost: 1 call per step, + the backup's where it takes over.
 * The paper's two ways to join it with self-consistency: `backup` answers when no step finishes; `consistencyFirst` takes over
 * when the majority holds less than half of the votes.
 * Deviations: zero-shot instead of six worked examples; any tools beside search, lookup and finish; an action may hold JSON. Which
 * tools may run is decided by `policy`, in code: observations are framed as data and choose nothing.
 */
import { extractAnswer } from '../core/answer.ts';
import type { MethodEntry } from '../core/catalog-entry.ts';
import { passageDetails, sentencesOf } from '../core/citations.ts';
import { InputError } from '../core/errors.ts';
import type { Method } from '../core/method.ts';
import type { Json, Message, Model } from '../core/model.ts';
import {
  framePassages,
  frameToolOutput,
  PASSAGES_ARE_DATA,
  TOOL_OUTPUT_IS_DATA,
} from '../core/passages-prompt.ts';
import type { Question } from '../core/problem.ts';
import type { FoundPassage, Retriever } from '../core/retriever.ts';
import type { Run } from '../core/run.ts';
import type { Solution } from '../core/solution.ts';
import { untilExhausted } from '../core/solve.ts';
import type { Tool } from '../core/tool.ts';
import type { ToolUse } from '../core/tool-use.ts';
import { addSystem, answerForm, instruct } from './parts/prompt.ts';
import { Toolbox } from './parts/toolbox.ts';

export interface ReactOptions extends Partial<ToolUse> {
  readonly model: Model;
  /** Gives the actions search and lookup. */
  readonly retriever?: Retriever;
  readonly passages?: number; // a search shows; default 3
  readonly steps?: number; // default 7
  /** Answers when no step finished, as chain of thought with self-consistency does in the paper. */
  readonly backup?: Method;
  readonly temperature?: number; // default 0
}

const STEP_TOKENS = 384;
/** Characters of a step that are read and kept. */
const STEP_CHARACTERS = 4_000;
const INPUT_CHARACTERS = 2_000;
/** Passages of one attempt at the most; they keep their numbers. */
const MOST_PASSAGES = 60;
/** Sentences that one lookup shows. */
const LOOKUP_SENTENCES = 5;

/** Solves by thoughts, actions and observations. Throws InputError when there is nothing to act with. */
export function react(options: ReactOptions): Method {
  const { retriever, tools = [], backup } = options;
  if (!retriever && tools.length === 0)
    throw new InputError('ReAct needs something to act with; give it a retriever or tools');
  for (const { name } of tools)
    if (['search', 'lookup', 'finish'].includes(name.toLowerCase()))
      throw new InputError(`A tool of ReAct cannot be called ${name}; that is an action of its own`);
  return {
    name: 'react',
    async solve(question, run) {
      const work = new Work(options, question, run);
      const solution = await untilExhausted(
        () => work.solve(),
        () => ({ ...work.unfinished(), complete: false }),
      );
      if (solution.answer !== undefined || !backup || !solution.complete) return solution;
      const second = await run.branch('backup', (branch) => backup.solve(question, branch));
      return { ...second, details: { ...work.details(), backup: backup.name } };
    },
  };
}

/** Asks by self-consistency first, and by `method` when the answer with most votes has less than half of the samples. */
export function consistencyFirst({
  consistency,
  method,
}: {
  readonly consistency: Method;
  readonly method: Method;
}): Method {
  return {
    name: `${consistency.name} → ${method.name}`,
    async solve(question, run) {
      const voted = await run.branch('self-consistency', (branch) => consistency.solve(question, branch));
      const asked = voted.samples?.asked ?? 0;
      if (run.budget.exhausted || (voted.votes?.[0]?.count ?? 0) >= asked / 2) return voted;
      return run.branch(method.name, (branch) => method.solve(question, branch));
    },
  };
}

/** One attempt. */
class Work {
  readonly #options: ReactOptions;
  readonly #question: Question;
  readonly #run: Run;
  readonly #steps: string[] = [];
  readonly #passages: FoundPassage[] = [];
  readonly #calls: { action: string; input: string; refused?: true }[] = [];
  readonly #toolbox: Toolbox;
  #lookup = { text: '', next: 0 };

  constructor(options: ReactOptions, question: Question, run: Run) {
    this.#options = options;
    this.#question = question;
    this.#run = run;
    this.#toolbox = new Toolbox({ tools: [], ...options }, question);
  }

  async solve(): Promise<Solution> {
    const { model, steps = 7, temperature = 0 } = this.#options;
    const rules = `${PASSAGES_ARE_DATA} ${TOOL_OUTPUT_IS_DATA}`;
    const turns: Message[] = addSystem(instruct(this.#question, this.#instruction()), rules);
    for (let step = 1; step <= steps; step++) {
      const { text, exposed } = await this.#run.sample(model, {
        messages: [...turns],
        temperature,
        maxTokens: STEP_TOKENS,
        stop: ['\nObservation'], // what it finds is not for the model to write
      });
      if (exposed) this.#toolbox.expose();
      const { thought, action, input } = readStep(text);
      this.#steps.push(thought);
      const finished = action?.toLowerCase() === 'finish' ? input : undefined;
      const said = action === undefined && /\banswer is\b/i.test(thought);
      const answer = finished ?? (said ? extractAnswer(thought, this.#question) : undefined);
      if (answer) return { ...this.unfinished(), text: `${thought}\n${answer}`, answer };
      const observation =
        action === undefined || finished === ''
          ? 'There was no action, or no answer in its brackets. Write one.'
          : await this.#act(action, input);
      this.#steps.push(`Observation ${step}: ${observation}`);
      turns.push(
        { role: 'assistant', text: thought },
        { role: 'user', text: `Observation ${step}: ${observation}` },
      );
    }
    return this.unfinished();
  }

  unfinished(): Solution {
    return { steps: this.#steps, text: this.#steps.join('\n'), complete: true, details: this.details() };
  }

  details(): { readonly [key: string]: Json } {
    return { passages: passageDetails(this.#passages), calls: this.#calls };
  }

  #instruction(): string {
    const { retriever, tools = [] } = this.#options;
    const actions = [
      ...(retriever
        ? [
            'search[words]: finds passages',
            'lookup[words]: the next sentences of the last passages that hold them',
          ]
        : []),
      ...tools.map((tool) => `${tool.name}[${inputForm(tool)}]: ${tool.description ?? 'a tool'}`),
      `finish[answer]: ends with the answer (${answerForm(this.#question)})`,
    ];
    return `Take turns: a line "Thought: …", then a line "Action: …", then wait for the observation. Actions:\n${actions.map((action) => `- ${action}`).join('\n')}`;
  }

  async #act(action: string, input: string): Promise<string> {
    const { retriever, tools = [] } = this.#options;
    const name = action.toLowerCase();
    if (retriever && name === 'search') return this.#search(retriever, input);
    if (retriever && name === 'lookup') return this.#lookUp(input);
    const tool = tools.find((candidate) => candidate.name.toLowerCase() === name);
    if (!tool) {
      const known = [
        ...(retriever ? ['search', 'lookup'] : []),
        ...tools.map((known) => known.name),
        'finish',
      ];
      return `There is no action of that name; there are ${known.join(', ')}.`;
    }
    const calls = [{ name: tool.name, input: { value: toolInput(tool, input) } }];
    const [{ text = '', refused = true } = {}] = await this.#toolbox.call(this.#run, calls);
    this.#calls.push({ action: tool.name, input: this.#toolbox.redact(input), ...(refused && { refused }) });
    return refused ? text : frameToolOutput(text);
  }

  async #search(retriever: Retriever, query: string): Promise<string> {
    const { passages = 3 } = this.#options;
    const { signal } = this.#run;
    this.#calls.push({ action: 'search', input: query });
    const known = new Set(this.#passages.map(({ passage }) => passage.id));
    // one passage that was shown already may not crowd out a new one
    const found = (await retriever.retrieve(query, { limit: passages + known.size, signal, run: this.#run }))
      .filter(({ passage }) => !known.has(passage.id))
      .slice(0, Math.min(passages, MOST_PASSAGES - known.size));
    if (found.length === 0) return 'Nothing new was found.';
    const first = this.#passages.length + 1;
    this.#passages.push(...found);
    this.#lookup = { text: '', next: 0 };
    this.#toolbox.expose();
    return this.#toolbox.redact(framePassages(found, first));
  }

  #lookUp(words: string): string {
    const wanted = words.trim().toLowerCase();
    if (wanted !== this.#lookup.text) this.#lookup = { text: wanted, next: 0 };
    this.#calls.push({ action: 'lookup', input: words });
    const hits = this.#passages
      .flatMap(({ passage }, index) =>
        passage.text
          .split('\n')
          .flatMap(sentencesOf)
          .map((text) => ({ text, number: index + 1 })),
      )
      .filter(({ text }) => wanted !== '' && text.toLowerCase().includes(wanted));
    const shown = hits.slice(this.#lookup.next, this.#lookup.next + LOOKUP_SENTENCES);
    this.#lookup.next += shown.length;
    if (shown.length === 0) return 'No further sentence holds these words.';
    return frameToolOutput(shown.map(({ text, number }) => `[${number}] ${text}`).join('\n'));
  }
}

/** A step up to its first action: whatever stands behind it was written without having seen an observation. */
function readStep(text: string): {
  readonly thought: string;
  readonly action?: string;
  readonly input: string;
} {
  const step = text.slice(0, STEP_CHARACTERS);
  const found = /^[ \t]*Action(?:[ \t]\d{1,3})?:[ \t]*([A-Za-z][\w-]{0,63})[ \t]*\[(.*)$/m.exec(step);
  if (!found) return { thought: step.trim(), input: '' };
  const [line, action = '', rest = ''] = found;
  const close = rest.lastIndexOf(']');
  const input = (close < 0 ? rest : rest.slice(0, close)).trim().slice(0, INPUT_CHARACTERS);
  return { thought: step.slice(0, found.index + line.length).trim(), action, input };
}

/** The names of a tool's properties, as its schema has them. */
function propertiesOf({ parameters }: Tool): string[] {
  const properties =
    typeof parameters === 'object' && parameters !== null && 'properties' in parameters
      ? parameters.properties
      : {};
  return typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
}

function inputForm(tool: Tool): string {
  const names = propertiesOf(tool);
  return names.length === 1 ? (names[0] as string) : 'a JSON object';
}

/** What stands in the brackets as the tool's input: JSON where it is an object, else the one property that there is. */
function toolInput(tool: Tool, input: string): Json {
  if (input.startsWith('{')) {
    try {
      return JSON.parse(input) as Json;
    } catch {
      // not JSON: the tool gets the words as they are and says what it misses
    }
  }
  const [only, ...others] = propertiesOf(tool);
  return only !== undefined && others.length === 0 ? { [only]: input } : input;
}

/** Its own search finds what the tool of that name would. */
function withoutSearch(use: ToolUse, hasOwn: boolean): ToolUse {
  return hasOwn ? { ...use, tools: use.tools.filter(({ name }) => name !== 'search') } : use;
}

export const entry: MethodEntry = {
  name: 'react',
  summary: 'thoughts and searches in turn, until the answer is found',
  paper: 'Yao et al. 2022, arXiv:2210.03629',
  aliases: [],
  calls: 'at most steps, + the inner method where it takes over',
  wraps: true,
  retrieves: true,
  usesTools: true,
  cannot: ['tools', 'format', 'log-probabilities'], // the answer is what the last action says
  count: 'steps',
  options: {
    steps: { summary: 'at the most', type: 'integer', default: 7, minimum: 1, maximum: 50 },
    passages: { summary: 'a search shows', type: 'integer', default: 3, minimum: 1, maximum: 20 },
    consistency: {
      summary: 'the inner method, self-consistency: not at all, after, or before',
      type: ['none', 'after', 'before'],
      default: 'none',
    },
  },
  build({ steps, passages, consistency }, parts) {
    const voting = () => parts.inner('self-consistency', {});
    const method = react({
      model: parts.model,
      // without tools it is the passages that it needs, and the error says how to get some
      ...((parts.has('retriever') || !parts.has('tools')) && { retriever: parts.retriever() }),
      ...(parts.has('tools') && withoutSearch(parts.toolUse(), parts.has('retriever'))),
      steps: Number(steps),
      passages: Number(passages),
      ...(consistency === 'after' && { backup: voting() }),
      ...(parts.settings.temperature !== undefined && { temperature: parts.settings.temperature }),
    });
    return consistency === 'before' ? consistencyFirst({ consistency: voting(), method }) : method;
  },
};
