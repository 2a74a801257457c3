/**
 * Solver-aided: the model translates the question into a program for a symbolic solver, and the solver answers.
 * Pan et al. 2023 (Logic-LM), arXiv:2305.12295; votes over translations after Olausson et al. 2023 (LINC), arXiv:2310.15164.
 * Cost: 1 call a translation, + 1 where the model chooses the language, + at most `repairs` when a program fails, + the
 * fallback's when it keeps failing.
 * Deviations: zero-shot with the grammar and one example instead of the papers' worked examples; programs whose premises
 * contradict each other, or that point to no option or to several, are repaired too; no answer without a certificate that
 * an independent checker did not refuse.
 */
import { normaliseText } from '../core/canonical.ts';
import type { MethodEntry } from '../core/catalog-entry.ts';
import { InputError } from '../core/errors.ts';
import type { Method } from '../core/method.ts';
import type { Json, Message, Model } from '../core/model.ts';
import type { Question } from '../core/problem.ts';
import type { Run } from '../core/run.ts';
import type { Solution } from '../core/solution.ts';
import type { Formalism, Solver, SolverOutcome } from '../core/solver.ts';
import { FORMALISMS } from '../core/solver.ts';
import { finalAnswerFields, instruct } from './parts/prompt.ts';
import { elect, tally } from './parts/vote.ts';
import { readProgram } from './program-aided.ts';

export interface SolverAidedOptions {
  readonly model: Model;
  readonly solver: Solver;
  /** The language of the programs. Default `choose`: the model picks one. */
  readonly formalism?: Formalism | 'choose';
  readonly translations?: number; // that vote; default 1
  readonly repairs?: number; // rounds a translation, 0 to 3; default 3
  /** Takes over when no program gives an answer. Absent: the solution then has none. */
  readonly fallback?: Method;
  readonly temperature?: number; // default 0; 0.7 where several translations vote
  readonly maxTokens?: number;
  readonly seconds?: number; // of one program; default 10
}

const MOST_REPAIRS = 3;
/** Larger certificates are left out of the solution; its proof in words stays. */
const CERTIFICATE_CHARACTERS = 65_536;

const PURPOSES: Readonly<Record<Formalism, string>> = {
  'logic-program': 'facts and if-then rules about named things; true, false or unknown',
  datalog: 'rules that reach far, such as paths and ancestors; which things satisfy them',
  'first-order': 'all, some, either-or and not; whether a conclusion follows',
  constraints: 'orders, seats, schedules; which option must or can be true',
  smt: 'equations and inequalities over whole or real numbers and unknown functions',
  prolog: 'lists, terms and arithmetic by recursion',
  probabilistic: 'chances: networks, urns, dice',
};

/** Asks for a program in a formal language, has it solved, and answers with what the solver proved. */
export function solverAided({
  model,
  solver,
  formalism = 'choose',
  translations = 1,
  repairs = MOST_REPAIRS,
  fallback,
  temperature = translations > 1 ? 0.7 : 0,
  maxTokens,
  seconds = 10,
}: SolverAidedOptions): Method {
  if (!Number.isInteger(repairs) || repairs < 0 || repairs > MOST_REPAIRS)
    throw new InputError(
      `Solver-aided cannot repair ${repairs} times; give a whole number from 0 to ${MOST_REPAIRS}`,
    );
  if (!Number.isInteger(translations) || translations < 1)
    throw new InputError(`Solver-aided cannot vote over ${translations} translations; give at least 1`);
  const settings = { temperature, ...(maxTokens !== undefined && { maxTokens }) };

  async function choose(question: Question, run: Run): Promise<Formalism> {
    const list = solver.formalisms.map((name) => `${name}: ${PURPOSES[name]}`).join('\n');
    const { text } = await run.sample(model, {
      messages: instruct(
        question,
        `A solver will answer this. Which language fits best?\n${list}\nReply with the name of the language only.`,
      ),
      temperature: 0,
      maxTokens: 32,
    });
    const said = text.toLowerCase();
    return solver.formalisms.find((name) => said.includes(name)) ?? 'first-order';
  }

  /** One translation with its repairs; without an answer when none of its programs gave one. */
  async function translate(question: Question, language: Formalism, run: Run): Promise<Solution> {
    const turns: Message[] = instruct(
      question,
      `Do not answer yet: write a ${language} program whose solution answers the question.\n\n${solver.grammar(language)}\n\nReply with one code block that holds the whole program.`,
    );
    let problem = '';
    for (let round = 0; round <= repairs; round++) {
      const { text, finish } = await run.sample(model, {
        messages: turns,
        ...settings,
        ...finalAnswerFields(question),
      });
      const program = readProgram(text).trim();
      const outcome = await solveInTrace(solver, language, program, seconds, run);
      const answer = outcome.status === 'answered' ? answerOf(outcome.answer ?? '', question) : undefined;
      if (answer !== undefined) {
        const proof = outcome.proof ?? [];
        return {
          steps: [...program.split('\n'), ...proof],
          text: `${text}\n\nThe solver answers ${outcome.answer}:\n${proof.join('\n')}\nThe answer is ${answer}`,
          answer,
          complete: finish !== 'length',
          details: detailsOf(language, program, round, outcome),
        };
      }
      problem = problemOf(outcome);
      turns.push(
        { role: 'assistant', text },
        { role: 'user', text: `The program failed: ${problem}\nWrite the whole program again, corrected.` },
      );
    }
    return {
      steps: [],
      complete: true,
      text: `No program gave an answer: ${problem}`,
      details: { formalism: language },
    };
  }

  return {
    name: 'solver-aided',
    async solve(question, run) {
      const language = formalism === 'choose' ? await choose(question, run) : formalism;
      const found =
        translations === 1
          ? [await translate(question, language, run)]
          : await run.map(translations, 'translation', (branch) => translate(question, language, branch));
      const answered = found.filter(({ answer }) => answer !== undefined);
      if (answered.length === 0 && fallback)
        return run.branch('fallback', (branch) => fallback.solve(question, branch));
      return translations === 1 ? (found[0] as Solution) : elect(tally(found, question), found, translations);
    },
  };
}

/** Runs a program as a tool call, so that the trace shows it with its proof. Throws when no solver could be started. */
async function solveInTrace(
  solver: Solver,
  formalism: Formalism,
  program: string,
  seconds: number,
  run: Run,
): Promise<SolverOutcome> {
  let outcome: SolverOutcome | undefined;
  let fault: unknown;
  await run.call(
    {
      name: `solve-${formalism}`,
      description: `Solves a ${formalism} program`,
      parameters: { type: 'object', properties: { program: { type: 'string' } }, required: ['program'] },
      async call(_input, { signal }) {
        try {
          outcome = await solver.solve(formalism, program, { seconds, signal });
        } catch (cause) {
          fault = cause; // a missing package, say: nothing that the model could repair
          throw cause;
        }
        const { status, answer, error, proof = [], checked } = outcome;
        if (status !== 'answered') return `${status}: ${error}`;
        return [`${answer}${checked ? ' (certificate accepted)' : ''}`, ...proof].join('\n');
      },
    },
    { program },
  );
  if (!outcome) throw fault;
  return outcome;
}

function problemOf({ status, answer, error }: SolverOutcome): string {
  if (status !== 'answered') return (error ?? status).slice(0, 500);
  return answer === 'none'
    ? 'it leads to none of the options'
    : `it answers "${answer?.slice(0, 200)}", which is no single option`;
}

function detailsOf(formalism: Formalism, program: string, repairs: number, outcome: SolverOutcome): Json {
  const { certificate, checked, engine } = outcome;
  const small = certificate !== undefined && JSON.stringify(certificate).length <= CERTIFICATE_CHARACTERS;
  return {
    formalism,
    program,
    repairs,
    engine,
    ...(checked !== undefined && { checked }),
    ...(small && { certificate }),
  };
}

const TRUTHS: Readonly<Record<string, readonly string[]>> = {
  true: ['true', 'yes', 'correct', 'entailment'],
  false: ['false', 'no', 'incorrect', 'contradiction'],
  unknown: [
    'unknown',
    'uncertain',
    'undetermined',
    'neutral',
    'cannot be determined',
    'not given',
    'neither',
  ],
};

/**
 * The solver's answer as the question wants it: the option that says so, or the value itself; undefined where it is no single
 * option. Where only true and false are offered, what is unknown is taken as not true, as in Logic-LM's own evaluation.
 */
export function answerOf(answer: string, { choices }: Pick<Question, 'choices'>): string | undefined {
  if (!choices) return answer === 'none' ? undefined : answer.replace(/ \([-\d.e]+\)$/, '');
  const byTruth = (truth: string) =>
    choices.find(({ text }) => TRUTHS[truth]?.includes(normaliseText(text)))?.label;
  if (Object.hasOwn(TRUTHS, answer)) {
    const label = byTruth(answer);
    return label ?? (answer === 'unknown' && choices.length === 2 ? byTruth('false') : undefined);
  }
  const wanted = answer.toLowerCase();
  return choices.find(
    ({ label, text }) => label.toLowerCase() === wanted || normaliseText(text) === normaliseText(answer),
  )?.label;
}

export const entry: MethodEntry = {
  name: 'solver-aided',
  summary: 'the model writes a program for a symbolic solver, which answers with a proof',
  paper: 'Pan et al. 2023, arXiv:2305.12295',
  aliases: ['logic-lm', 'solver'],
  calls:
    '2 (choice of language, translation), + repairs when a program fails, + chain of thought when none runs',
  wraps: true,
  count: 'translations',
  cannot: ['tools', 'format', 'log-probabilities'], // the answer is what the solver proves
  options: {
    formalism: { summary: 'language of the programs', type: ['choose', ...FORMALISMS], default: 'choose' },
    translations: { summary: 'translations that vote', type: 'integer', default: 1, minimum: 1, maximum: 64 },
    repairs: {
      summary: 'rounds of repair',
      type: 'integer',
      default: MOST_REPAIRS,
      minimum: 0,
      maximum: MOST_REPAIRS,
    },
    seconds: { summary: 'limit of one program', type: 'number', default: 10, minimum: 0.1, maximum: 60 },
  },
  build: (options, parts) =>
    solverAided({
      model: parts.model,
      solver: parts.solver(),
      formalism: FORMALISMS.find((name) => name === options.formalism) ?? 'choose',
      translations: Number(options.translations),
      repairs: Number(options.repairs),
      seconds: Number(options.seconds),
      fallback: parts.inner('chain-of-thought', parts.settings),
      ...(parts.settings.temperature !== undefined && { temperature: parts.settings.temperature }),
    }),
};
