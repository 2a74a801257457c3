/**
 * Tree of thoughts: extend partial solutions thought by thought, judge them, keep the promising ones.
 * Yao et al. 2023, arXiv:2305.10601, algorithms 1 (breadth first) and 2 (depth first).
 * Cost, breadth first: per depth one proposal per kept state (or `candidates` samples) + `values` judgements per new state,
 * or `values` votes. Game of 24 with breadth 5: about 60 to 90 calls.
 * Deviations: equal prompts are judged once within a search (as in the authors' code); a state that repeats another of the same
 * depth is worth 0 (likewise); depth first stops at the first finished state that is judged good enough; the prompt that asks
 * for the next steps of a countdown names the target.
 */
import type { MethodEntry } from '../core/catalog-entry.ts';
import type { Method } from '../core/method.ts';
import type { Message, Model } from '../core/model.ts';
import type { Question } from '../core/problem.ts';
import type { Run } from '../core/run.ts';
import type { Solution } from '../core/solution.ts';
import { untilExhausted } from '../core/solve.ts';
import type { ThoughtTask } from './parts/thought-task.ts';
import { taskFor, VALUE_WORDS } from './parts/thought-task.ts';

export interface TreeOfThoughtOptions {
  readonly model: Model;
  readonly search?: 'breadth-first' | 'depth-first';
  readonly breadth?: number; // states kept per depth, or children tried per state; default 5
  readonly steps?: number; // depth, for questions that do not fix it; default 4
  /** `propose`: one call lists several thoughts · `sample`: independent calls of one thought each. */
  readonly expand?: 'propose' | 'sample';
  readonly candidates?: number; // thoughts asked for per state; default 5
  /** `value`: each state judged alone · `vote`: states compared. */
  readonly evaluate?: 'value' | 'vote';
  readonly values?: number; // judgements or votes; default 3
  readonly temperature?: number; // default 0.7
  readonly visits?: number; // states a depth-first search may expand; default 100
  /** How to search a question; default chosen by its shape. */
  readonly task?: (question: Question) => ThoughtTask;
}

/** A partial solution in the tree. */
interface State {
  readonly text: string; // thoughts so far, one a line
  readonly value?: number; // absent: not judged yet
  readonly run: Pick<Run, 'node' | 'judge'>; // its place in the trace
}

/** Searches a tree of thoughts and returns the best finished state. */
export function treeOfThought(options: TreeOfThoughtOptions): Method {
  const { search = 'breadth-first', steps = 4, task = (question) => taskFor(question, steps) } = options;
  return {
    name: 'tree-of-thought',
    solve: (question, run) => {
      const tree = new Tree(options, task(question), question, run);
      return search === 'breadth-first' ? tree.breadthFirst() : tree.depthFirst();
    },
  };
}

type Judged = State & { readonly value: number };

class Tree {
  readonly #options: TreeOfThoughtOptions;
  readonly #task: ThoughtTask;
  readonly #question: Question;
  readonly #run: Run;
  readonly #judged = new Map<string, number>(); // value prompt → value

  constructor(options: TreeOfThoughtOptions, task: ThoughtTask, question: Question, run: Run) {
    this.#options = options;
    this.#task = task;
    this.#question = question;
    this.#run = run;
  }

  /** Algorithm 1: at each depth expand every kept state, judge all children, keep the best `breadth`. */
  async breadthFirst(): Promise<Solution> {
    const { breadth = 5 } = this.#options;
    let kept: readonly State[] = [{ text: '', run: this.#run }];
    await untilExhausted(
      async () => {
        for (let depth = 0; depth < this.#task.steps; depth++) {
          const open = kept.filter((state) => this.#task.answer(state.text) === null);
          if (open.length === 0) break;
          const finished = kept.filter((state) => this.#task.answer(state.text) !== null);
          const children = (
            await this.#run.map(
              open.length,
              `depth ${depth + 1}`,
              (branch, index) => this.#expand(open[index] as State, branch),
              (index) => ({ parent: (open[index] as State).run.node }),
            )
          ).flat();
          const states = await this.#evaluate([...finished, ...children]);
          // a stable sort: among equals the earlier proposal stays
          const ranked = states.toSorted((a, b) => b.value - a.value);
          for (const state of ranked.slice(breadth)) this.#run.prune(state.run.node);
          if (ranked.length === 0) break;
          kept = ranked.slice(0, breadth);
        }
      },
      () => {},
    );
    return this.#best(kept);
  }

  /** Algorithm 2: follow the most promising child; give a state up once it is judged impossible. */
  async depthFirst(): Promise<Solution> {
    const { breadth = 5, visits = 100, values = 3 } = this.#options;
    const goodEnough = VALUE_WORDS.sure * values * 0.5;
    const finished: Judged[] = [];
    let left = visits;
    const visit = async (state: State, depth: number): Promise<boolean> => {
      const { value = 0 } = state;
      if (this.#task.answer(state.text) !== null) {
        finished.push({ ...state, value });
        return value >= goodEnough;
      }
      if (depth >= this.#task.steps || left-- <= 0) return false;
      const children = await this.#run.branch(
        `depth ${depth + 1}`,
        (branch) => this.#expand(state, branch),
        undefined,
        { parent: state.run.node },
      );
      const judged = await this.#evaluate(children);
      const ranked = judged.toSorted((a, b) => b.value - a.value);
      for (const child of ranked.slice(breadth)) this.#run.prune(child.run.node);
      for (const child of ranked.slice(0, breadth)) {
        if (child.value <= VALUE_WORDS.impossible * values) this.#run.prune(child.run.node);
        else if (await visit(child, depth + 1)) return true;
      }
      return false;
    };
    await untilExhausted(
      () => visit({ text: '', run: this.#run }, 0),
      () => false,
    );
    return this.#best(finished.toSorted((a, b) => b.value - a.value));
  }

  /** The children of a state, each with a place of its own in the trace. */
  async #expand(state: State, run: Run): Promise<State[]> {
    const { model, expand = 'propose', candidates = 5, temperature = 0.7 } = this.#options;
    const ask = async (branch: Run, count: number) => {
      const messages = this.#prompt(this.#task.propose(state.text, count));
      const { text } = await branch.sample(model, { messages, temperature });
      return this.#task.read(text);
    };
    const thoughts =
      expand === 'propose'
        ? await ask(run, candidates)
        : (await run.map(candidates, 'thought', (branch) => ask(branch, 1))).flatMap((read) =>
            read.slice(0, 1),
          );
    const kept = thoughts.slice(0, MOST_THOUGHTS);
    return run.map(
      kept.length,
      'state',
      async (branch, index) => ({
        text: state.text === '' ? (kept[index] as string) : `${state.text}\n${kept[index]}`,
        run: branch,
      }),
      (index) => ({ parent: state.run.node, state: kept[index] as string }),
    );
  }

  /** The states with their values, in order. */
  async #evaluate(states: readonly State[]): Promise<Judged[]> {
    const { evaluate = 'value', values = 3 } = this.#options;
    const [judge, best] =
      evaluate === 'vote' ? [this.#votes(states), values] : [this.#values(states), values * VALUE_WORDS.sure];
    const judged = await judge;
    return Promise.all(
      states.map(async (state, index) => {
        const value = judged[index] ?? 0;
        const score = Math.min(1, value / best);
        if (value !== state.value)
          await state.run.judge({ name: evaluate, verify: async () => ({ score }) }, this.#question, {
            steps: state.text.split('\n'),
            complete: false,
          });
        return { ...state, value };
      }),
    );
  }

  /** How many votes each state got. */
  async #votes(states: readonly State[]): Promise<number[]> {
    const { model, values = 3, temperature = 0.7 } = this.#options;
    const tally = states.map(() => 0);
    const prompt = this.#task.vote(states.map((state) => state.text));
    await this.#run.map(values, 'vote', async (branch) => {
      const { text } = await branch.sample(model, { messages: this.#prompt(prompt), temperature });
      const pick = Number(/\d{1,4}/.exec(text)?.[0]) - 1;
      if (tally[pick] !== undefined) tally[pick] += 1;
    });
    return tally;
  }

  /** What each state is worth on its own. */
  async #values(states: readonly State[]): Promise<number[]> {
    const { model, values = 3, temperature = 0.7 } = this.#options;
    const seen = new Set<string>();
    const prompts = states.map(({ text }) => {
      if (seen.has(text)) return 0; // a duplicate of an earlier state
      seen.add(text);
      return this.#task.value(text);
    });
    const fresh = [...new Set(prompts)].filter(
      (prompt): prompt is string => typeof prompt === 'string' && !this.#judged.has(prompt),
    );
    await this.#run.map(
      fresh.length,
      'value',
      async (branch, index) => {
        const prompt = fresh[index] as string;
        const grades = await branch.map(values, 'judgement', async (reader) => {
          const messages = this.#prompt(prompt);
          return this.#task.grade((await reader.sample(model, { messages, temperature })).text);
        });
        this.#judged.set(
          prompt,
          grades.reduce((sum, grade) => sum + grade, 0),
        );
      },
      (index) => ({ parent: (states[prompts.indexOf(fresh[index] as string)] as State).run.node }),
    );
    return prompts.map((prompt) => (typeof prompt === 'number' ? prompt : (this.#judged.get(prompt) ?? 0)));
  }

  /** The question's turns with the last user turn rewritten: prompts of a task hold the question's text themselves. */
  #prompt(text: string): Message[] {
    const { messages } = this.#question;
    const last = messages.findLastIndex((message) => message.role === 'user');
    return messages.map((message, index) => (index === last ? { ...message, text } : message));
  }

  #best(states: readonly State[]): Solution {
    const outputs = states.map((state) => this.#task.answer(state.text));
    const index = outputs.findIndex((output) => output !== null);
    const best = states[index] ?? states[0];
    const answer = index < 0 ? undefined : (outputs[index] ?? undefined);
    return {
      steps: best ? best.text.split('\n') : [],
      text: best?.text ?? '',
      complete: true,
      ...(answer !== undefined && { answer }),
      details: { kept: states.map(({ text, value = 0 }) => ({ text, value })) },
    };
  }
}

/** Thoughts taken from one reply at the most. */
const MOST_THOUGHTS = 64;

export const entry: MethodEntry = {
  name: 'tree-of-thought',
  summary: 'partial solutions extended thought by thought, judged, the promising ones kept',
  paper: 'Yao et al. 2023, arXiv:2305.10601',
  aliases: ['tot'],
  calls: 'per depth: kept states + new states × values',
  wraps: false,
  cannot: ['tools', 'format', 'log-probabilities'], // the answer is a path of thoughts
  count: 'breadth',
  options: {
    breadth: { summary: 'states kept per depth', type: 'integer', default: 5, minimum: 1, maximum: 32 },
    search: { summary: 'order', type: ['breadth-first', 'depth-first'], default: 'breadth-first' },
    steps: {
      summary: 'depth, where the question does not fix it',
      type: 'integer',
      default: 4,
      minimum: 1,
      maximum: 16,
    },
    expand: { summary: 'how thoughts are asked for', type: ['propose', 'sample'], default: 'propose' },
    candidates: { summary: 'thoughts per state', type: 'integer', default: 5, minimum: 1, maximum: 32 },
    evaluate: { summary: 'how states are judged', type: ['value', 'vote'], default: 'value' },
    values: { summary: 'judgements or votes', type: 'integer', default: 3, minimum: 1, maximum: 16 },
    visits: {
      summary: 'states a depth-first search may expand',
      type: 'integer',
      default: 100,
      minimum: 1,
      maximum: 2000,
    },
  },
  build: ({ breadth, search, steps, expand, candidates, evaluate, values, visits }, { model, settings }) =>
    treeOfThought({
      model,
      breadth: Number(breadth),
      search: search as 'breadth-first' | 'depth-first',
      steps: Number(steps),
      expand: expand as 'propose' | 'sample',
      candidates: Number(candidates),
      evaluate: evaluate as 'value' | 'vote',
      values: Number(values),
      visits: Number(visits),
      ...(settings.temperature !== undefined && { temperature: settings.temperature }),
    }),
};
