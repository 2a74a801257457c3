/**
 * Experience: solved problems and lessons from failed ones, shown to the next attempt at something alike.
 * Shinn et al. 2023 (Reflexion), arXiv:2303.11366: after a failure the model writes what to do differently.
 * Cost: 1 call per failure that is reflected on; none for remembering and reading.
 * Deviation: lessons are kept across problems and found by likeness, where the paper keeps the last one to three of one problem.
 */
import { InputError } from '../core/errors.ts';
import type { Method } from '../core/method.ts';
import type { Model } from '../core/model.ts';
import type { Question } from '../core/problem.ts';
import { questionText } from '../core/problem.ts';
import type { Run } from '../core/run.ts';
import type { Solution } from '../core/solution.ts';
import type { Verifier } from '../core/verifier.ts';
import { bm25Memory } from './bm25-memory.ts';

/** One attempt as it is remembered. */
export interface Experience {
  readonly question: string;
  readonly solved: boolean;
  /** What worked, or what to do differently. */
  readonly lesson: string;
}

/** Attempts that were made, found by how alike their questions are. */
export interface ExperienceMemory {
  add(experience: Experience): void;
  alike(question: string, limit?: number): Promise<readonly Experience[]>;
  all(): readonly Experience[];
}

export interface ExperienceOptions {
  readonly most?: number; // experiences kept, the newest; default 10,000
}

const LESSON_CHARACTERS = 1_000;
const QUESTION_CHARACTERS = 4_000;
const SOLUTION_CHARACTERS = 6_000;
const LESSON_TOKENS = 160;

/** An empty memory of attempts; give it earlier ones to go on from. */
export function experienceMemory(
  earlier: Iterable<Experience> = [],
  { most = 10_000 }: ExperienceOptions = {},
): ExperienceMemory {
  if (!Number.isInteger(most) || most < 1)
    throw new InputError(`${most} experiences cannot be kept; give at least 1`);
  const kept = new Map<string, Experience>();
  const index = bm25Memory();
  let next = 0;
  const add = ({ question, solved, lesson }: Experience) => {
    const experience = {
      question: question.slice(0, QUESTION_CHARACTERS),
      solved,
      lesson: lesson.slice(0, LESSON_CHARACTERS).trim(),
    };
    if (experience.lesson === '') return;
    const repeated = [...kept].find(
      ([, other]) => other.lesson === experience.lesson && other.question === experience.question,
    );
    if (repeated) return;
    const id = String(next++);
    kept.set(id, experience);
    index.add({ id, text: experience.question });
    if (kept.size > most) {
      const oldest = kept.keys().next().value as string;
      kept.delete(oldest);
      index.remove(oldest);
    }
  };
  for (const experience of earlier) add(experience);
  return {
    add,
    async alike(question, limit = 3) {
      const found = await index.retrieve(question, { limit });
      return found.map(({ passage }) => kept.get(passage.id) as Experience);
    },
    all: () => [...kept.values()],
  };
}

export interface ReflexionOptions {
  readonly method: Method;
  readonly model: Model; // writes the lessons
  readonly memory: ExperienceMemory;
  /** Says whether an attempt solved the question. Reads no key, so lessons may be used again. */
  readonly verifier: Verifier<Question>;
  readonly trials?: number; // attempts at the most, 1 to 20; default 3
  readonly passes?: number; // score from which an attempt counts as solved, in (0, 1]; default 1
}

const MOST_TRIALS = 20;

/** Tries, learns a lesson from each failure, and tries again; later questions see the lessons of those like them. */
export function reflexion({
  method,
  model,
  memory,
  verifier,
  trials = 3,
  passes = 1,
}: ReflexionOptions): Method {
  if (!Number.isInteger(trials) || trials < 1 || trials > MOST_TRIALS)
    throw new InputError(`${trials} trials were asked for; ask for a whole number from 1 to ${MOST_TRIALS}`);
  return {
    name: `reflexion(${method.name})`,
    async solve(question, run) {
      const lessons = [...(await memory.alike(questionText(question)))];
      let best: { readonly solution: Solution; readonly score: number } | undefined;
      for (let trial = 1; trial <= trials; trial++) {
        const solution = await run.branch(`trial ${trial}`, (branch) =>
          method.solve(withLessons(question, lessons), branch),
        );
        const { score } = await run.judge(verifier, question, solution);
        if (!best || score > best.score) best = { solution, score };
        const solved = score >= passes;
        if (!solved && trial === trials) break;
        const lesson = solved
          ? `This worked: ${solution.steps.slice(0, 8).join(' ')}`
          : await reflect(question, solution, model, run);
        const experience = { question: questionText(question), solved, lesson };
        memory.add(experience);
        if (solved) break;
        lessons.push(experience);
      }
      const { solution, score } = best as { solution: Solution; score: number };
      return { ...solution, confidence: score };
    },
  };
}

async function reflect(question: Question, solution: Solution, model: Model, run: Run): Promise<string> {
  const attempt = (solution.text ?? solution.steps.join('\n')).slice(0, SOLUTION_CHARACTERS);
  const { text } = await run.sample(model, {
    messages: [
      {
        role: 'user',
        text: `${questionText(question)}\n\nThis attempt failed:\n<attempt>\n${attempt.replaceAll('</attempt>', '')}\n</attempt>\n\nIn two sentences: what went wrong, and what should be done differently next time?`,
      },
    ],
    temperature: 0,
    maxTokens: LESSON_TOKENS,
  });
  return text;
}

/** Lessons are shown after the question as what they are: notes, not orders. */
function withLessons(question: Question, lessons: readonly Experience[]): Question {
  if (lessons.length === 0) return question;
  const notes = lessons.map(({ lesson }) => `- ${lesson.replace(/\s+/g, ' ')}`).join('\n');
  const last = question.messages.findLastIndex((message) => message.role === 'user');
  const messages = question.messages.map((message, index) =>
    index === last
      ? {
          ...message,
          text: `${message.text}\n\nNotes from earlier attempts at questions like this:\n${notes}`,
        }
      : message,
  );
  return { ...question, messages };
}
