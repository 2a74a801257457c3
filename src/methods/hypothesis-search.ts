/**
 * Hypothesis search: propose rules that could explain examples, run each on the examples, refine the best, and apply a rule
 * that fits all of them. Wang et al. 2023, arXiv:2309.05660; Qiu et al. 2023 (iterative refinement), arXiv:2310.08559.
 * Cost: `hypotheses` calls, + at most `rounds` refinements when none fits, + 1 where the examples must first be read from
 * the text, + the fallback's when no rule fits.
 * Deviations: rules are written as programs at once, without a stage of rules in words; among rules that fit, the output
 * that most of them give is the answer.
 */
import type { MethodEntry } from '../core/catalog-entry.ts';
import type { Interpreter } from '../core/interpreter.ts';
import type { Method } from '../core/method.ts';
import type { Json, Model } from '../core/model.ts';
import type { Question } from '../core/problem.ts';
import type { Run } from '../core/run.ts';
import type { Solution } from '../core/solution.ts';
import { instruct } from './parts/prompt.ts';
import { elect, tally } from './parts/vote.ts';
import { readProgram } from './program-aided.ts';

export interface HypothesisSearchOptions {
  readonly model: Model;
  readonly interpreter: Interpreter;
  readonly hypotheses?: number; // proposed at once; default 5
  readonly rounds?: number; // refinements of the best one; default 2
  /** Takes over when the question shows no examples or no rule fits. Absent: the best rule answers. */
  readonly fallback?: Method;
  readonly temperature?: number; // of proposals; default 0.8
  readonly maxTokens?: number;
  readonly seconds?: number; // of one run over the examples; default 5
}

/** What a question of induction shows: `given` of a question may hold it in this form. */
export interface Examples {
  readonly examples: readonly (readonly [input: Json, output: Json])[];
  readonly ask: Json; // the input whose output is asked for
}

/** Examples beyond these are not shown to a rule; longer texts of examples are not read. */
const MOST_EXAMPLES = 100;
const EXAMPLES_CHARACTERS = 100_000;

interface Tried {
  readonly program: string;
  readonly fits: number; // examples
  readonly answer?: string; // what the rule gives for the asked input
  readonly problem?: string; // the first example that it misses, or why it did not run
}

/** Searches for a program that explains the examples and answers with what it gives for the new input. */
export function hypothesisSearch({
  model,
  interpreter,
  hypotheses = 5,
  rounds = 2,
  fallback,
  temperature = 0.8,
  maxTokens,
  seconds = 5,
}: HypothesisSearchOptions): Method {
  const { language } = interpreter;
  const limit = maxTokens === undefined ? {} : { maxTokens };

  async function attempt(
    question: Question,
    shown: Examples,
    before: Tried | undefined,
    run: Run,
  ): Promise<Tried> {
    const wanted = `Find the rule behind the examples. Write it as a ${language === 'python' ? 'Python' : 'JavaScript'} function rule(x) that gives the output for an input x. Reply with one code block.`;
    const messages = instruct(question, wanted);
    if (before)
      messages.push(
        { role: 'assistant', text: `\`\`\`${language}\n${before.program}\n\`\`\`` },
        {
          role: 'user',
          text: `That rule is wrong: ${before.problem}\nWrite another one that fits all examples.`,
        },
      );
    const { text } = await run.sample(model, { messages, temperature, ...limit });
    const program = readProgram(text).trim();
    const execution = await interpreter.execute(harness(language, program, shown), {
      result: 'report()',
      seconds,
      signal: run.signal,
    });
    if (execution.status !== 'ok' || execution.value === undefined)
      return { program, fits: 0, problem: (execution.error ?? execution.status).slice(0, 300) };
    const [marks = '', answer = '', ...outputs] = unquoted(execution.value).split('\n');
    const fits = marks.split('').filter((mark) => mark === '1').length;
    const missed = marks.indexOf('0');
    if (missed < 0 && marks.length === shown.examples.length) return { program, fits, answer };
    const [input, output] = shown.examples[Math.max(0, missed)] as readonly [Json, Json];
    return {
      program,
      fits,
      answer,
      problem: `for ${JSON.stringify(input)} it gives ${(outputs[missed] ?? '').slice(0, 200)} instead of ${JSON.stringify(output)}`,
    };
  }

  return {
    name: 'hypothesis-search',
    async solve(question, run) {
      const shown = givenExamples(question.given) ?? (await readExamples(model, question, run));
      const giveUp = () => fallback && run.branch('fallback', (branch) => fallback.solve(question, branch));
      if (!shown)
        return (await giveUp()) ?? { steps: [], complete: true, text: 'The question shows no examples' };
      const tried = await run.map(hypotheses, 'hypothesis', (branch) =>
        attempt(question, shown, undefined, branch),
      );
      for (let round = 0; round < rounds && !tried.some(isRule); round++) {
        const best = tried.reduce((a, b) => (b.fits > a.fits ? b : a));
        tried.push(await run.branch('refinement', (branch) => attempt(question, shown, best, branch)));
      }
      const rules = tried.filter(isRule);
      if (rules.length === 0 && fallback) return (await giveUp()) as Solution;
      const kept = rules.length > 0 ? rules : [tried.reduce((a, b) => (b.fits > a.fits ? b : a))];
      const solutions = kept.map(
        ({ program, answer, fits }): Solution => ({
          steps: program.split('\n'),
          text: `${program}\n\nThe rule fits ${fits} of ${shown.examples.length} examples and gives ${answer ?? 'nothing'}`,
          complete: true,
          ...(answer !== undefined && answer !== '' && { answer }),
          details: { program, fits, examples: shown.examples.length, tried: tried.length },
        }),
      );
      return elect(tally(solutions, question), solutions, tried.length);
    },
  };
}

function isRule({ problem }: Tried): boolean {
  return problem === undefined;
}

function givenExamples(given: Json | undefined): Examples | undefined {
  if (typeof given !== 'object' || given === null || !('examples' in given) || !('ask' in given))
    return undefined;
  const { examples, ask } = given;
  const arePairs = (list: Json | undefined): list is readonly (readonly [Json, Json])[] =>
    Array.isArray(list) && list.length > 0 && list.every((one) => Array.isArray(one) && one.length === 2);
  return arePairs(examples) && ask !== undefined
    ? { examples: examples.slice(0, MOST_EXAMPLES), ask }
    : undefined;
}

/** The examples of a question in words, in machine form by the model; undefined where that is not what it shows. */
async function readExamples(model: Model, question: Question, run: Run): Promise<Examples | undefined> {
  const { text } = await run.sample(model, {
    messages: instruct(
      question,
      'Copy the examples from the question. Reply with JSON only: {"examples": [[input, output], …], "ask": the input whose output is asked for}',
    ),
    temperature: 0,
  });
  const json = text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1);
  if (json === '' || json.length > EXAMPLES_CHARACTERS) return undefined;
  try {
    return givenExamples(JSON.parse(json) as Json);
  } catch {
    return undefined; // no JSON: the question shows no examples that could be copied
  }
}

/** The rule with a function that runs it on every input: which outputs are right, the answer, then all outputs, a line each. */
function harness(language: Interpreter['language'], program: string, { examples, ask }: Examples): string {
  const write = language === 'python' ? pythonLiteral : JSON.stringify;
  const inputs = write(examples.map(([input]) => input));
  const outputs = write(examples.map(([, output]) => output));
  if (language === 'python')
    return `${program}
def report():
    inputs = ${inputs}
    outputs = ${outputs}
    given = [rule(x) for x in inputs]
    marks = ''.join(['1' if given[i] == outputs[i] else '0' for i in range(len(outputs))])
    return '\\n'.join([marks, str(rule(${write(ask)}))] + [str(y) for y in given])
`;
  return `${program}
function report() {
  const inputs = ${inputs}, outputs = ${outputs};
  const given = inputs.map((x) => JSON.stringify(rule(x)));
  const marks = given.map((y, i) => (y === JSON.stringify(outputs[i]) ? '1' : '0')).join('');
  return [marks, JSON.stringify(rule(${write(ask)})), ...given].join('\\n');
}
`;
}

/** A JSON value as Python writes it. */
function pythonLiteral(value: Json): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(pythonLiteral).join(', ')}]`;
  return `{${Object.entries(value)
    .map(([key, one]) => `${JSON.stringify(key)}: ${pythonLiteral(one as Json)}`)
    .join(', ')}}`;
}

/** A text value without the quotes of its printed form. */
function unquoted(value: string): string {
  const quote = value[0];
  if (value.length < 2 || quote !== value.at(-1) || (quote !== "'" && quote !== '"')) return value;
  return value.slice(1, -1).replaceAll('\\n', '\n');
}

export const entry: MethodEntry = {
  name: 'hypothesis-search',
  summary: 'proposes rules as programs, runs them on the examples, refines the best',
  paper: 'Wang et al. 2023, arXiv:2309.05660',
  aliases: ['hypotheses', 'induce'],
  calls:
    'hypotheses, + rounds when none fits, + 1 to read the examples, + chain of thought when none ever fits',
  wraps: true,
  count: 'hypotheses',
  cannot: ['tools', 'format', 'log-probabilities'], // the answer is what the rule gives
  options: {
    hypotheses: { summary: 'rules proposed at once', type: 'integer', default: 5, minimum: 1, maximum: 64 },
    rounds: { summary: 'refinements of the best rule', type: 'integer', default: 2, minimum: 0, maximum: 10 },
    seconds: { summary: 'limit of one run', type: 'number', default: 5, minimum: 0.1, maximum: 60 },
  },
  build: (options, parts) =>
    hypothesisSearch({
      model: parts.model,
      interpreter: parts.interpreter(),
      hypotheses: Number(options.hypotheses),
      rounds: Number(options.rounds),
      seconds: Number(options.seconds),
      fallback: parts.inner('chain-of-thought', parts.settings),
      ...(parts.settings.temperature !== undefined && { temperature: parts.settings.temperature }),
    }),
};
