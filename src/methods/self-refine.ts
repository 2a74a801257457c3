/**
 * Self-refine: answer, criticise, rewrite. Madaan et al. 2023, arXiv:2303.17651.
 * Cost: 1 + 2 a round, + `votes` a round when no external check is given.
 * Deviation, on purpose: a revision stands only when an external check failed the old answer and does not fail the new one
 * more, or when more independent votes prefer the revision. Left to itself a model turns right answers into wrong ones
 * (Huang et al. 2023, arXiv:2310.01798).
 */
import { canonicalAnswer } from '../core/answer.ts';
import type { MethodEntry } from '../core/catalog-entry.ts';
import type { Method } from '../core/method.ts';
import type { Message, Model } from '../core/model.ts';
import type { Question } from '../core/problem.ts';
import type { Run } from '../core/run.ts';
import type { Solution } from '../core/solution.ts';
import { untilExhausted } from '../core/solve.ts';
import type { Verifier } from '../core/verifier.ts';
import { answerForm, finalAnswerFields, instruct, toSolution, wantsJson } from './parts/prompt.ts';

export interface SelfRefineOptions {
  readonly model: Model;
  readonly method: Method; // writes the first solution
  /** An external check that needs no key. Absent: votes decide. */
  readonly verifier?: Verifier<Question>;
  readonly rounds?: number; // default 2
  readonly votes?: number; // odd; default 3
  readonly maxTokens?: number;
}

/** Criticises and rewrites the solution of `method`, keeping a revision only when something outside the critic prefers it. */
export function selfRefine({
  model,
  method,
  verifier,
  rounds = 2,
  votes = 3,
  maxTokens,
}: SelfRefineOptions): Method {
  const limit = maxTokens === undefined ? {} : { maxTokens };
  return {
    name: `self-refine(${method.name})`,
    async solve(question, run) {
      let current = await run.branch('first', (branch) => method.solve(question, branch));
      if (current.toolCalls && current.toolCalls.length > 0) return current; // nothing to criticise before the tool answers
      let kept = 0;
      const refine = async () => {
        for (let round = 0; round < rounds; round++) {
          const failing = verifier ? await run.judge(verifier, question, current) : undefined;
          if (failing?.score === 1) return;
          const revision = await run.branch('revise', async (branch) => {
            const dialogue: Message[] = [
              ...question.messages,
              { role: 'assistant', text: current.text ?? current.steps.join('\n') },
            ];
            const ask = (text: string, more: Message[] = []) =>
              branch.sample(model, {
                messages: [...dialogue, ...more, { role: 'user', text }],
                temperature: 0,
                ...limit,
                ...(more.length > 0 && finalAnswerFields(question)),
              });
            const hint = failing?.note ? `A check says: ${failing.note}. ` : '';
            const critique = await ask(
              `${hint}Find the first mistake in this solution. If there is none, say "no mistake".`,
            );
            if (!failing && /\bno mistakes?\b/i.test(critique.text)) return null;
            const turns: Message[] = [
              { role: 'user', text: 'Find the first mistake in this solution.' },
              { role: 'assistant', text: critique.text },
            ];
            const rewrite = wantsJson(question)
              ? 'Reply with the corrected JSON and nothing else.'
              : `Write the corrected solution, ending with "The answer is" and the answer (${answerForm(question)}).`;
            return toSolution(await ask(rewrite, turns), question);
          });
          if (!revision) return;
          const stands = verifier
            ? (await run.judge(verifier, question, revision)).score > (failing?.score ?? 0)
            : await outvotes(model, revision, current, question, run, votes);
          if (stands) {
            current = revision;
            kept++;
          } else if (!verifier) return; // the vote will not change its mind by being asked again
        }
      };
      await untilExhausted(refine, () => {});
      return { ...current, details: { revisions: kept } };
    },
  };
}

/** Whether most of `votes` independent readers prefer the revision. Equal answers need no vote: the old text stays. */
async function outvotes(
  model: Model,
  revision: Solution,
  current: Solution,
  question: Question,
  run: Run,
  votes: number,
): Promise<boolean> {
  if (revision.answer === undefined) return false;
  if (current.answer === undefined) return true;
  if (canonicalAnswer(revision.answer, question) === canonicalAnswer(current.answer, question)) return false;
  const ballots = await run.map(votes, 'vote', async (branch, index) => {
    const revisionFirst = index % 2 === 0; // against position bias
    const [first, second] = revisionFirst ? [revision, current] : [current, revision];
    const { text } = await branch.sample(model, {
      messages: instruct(
        question,
        `Solution 1:\n${first.text ?? ''}\n\nSolution 2:\n${second.text ?? ''}\n\nWhich is right? Reply with 1 or 2.`,
      ),
      temperature: 0.7,
      maxTokens: 16,
    });
    const pick = /[12]/.exec(text)?.[0];
    return pick === undefined ? null : (pick === '1') === revisionFirst;
  });
  return ballots.filter((ballot) => ballot === true).length > votes / 2;
}

export const entry: MethodEntry = {
  name: 'self-refine',
  summary: 'criticise and rewrite; a revision stands only when a check or a vote prefers it',
  paper: 'Madaan et al. 2023, arXiv:2303.17651',
  aliases: ['refine'],
  calls: 'inner method, + 2 and the votes a round',
  wraps: true,
  count: 'rounds',
  options: {
    rounds: { summary: 'rounds at the most', type: 'integer', default: 2, minimum: 1, maximum: 8 },
    votes: { summary: 'readers who compare', type: 'integer', default: 3, minimum: 1, maximum: 15 },
    verifier: { summary: 'external check instead of votes', type: ['none', 'expression'], default: 'none' },
  },
  build: (options, parts) =>
    selfRefine({
      model: parts.model,
      method: parts.inner('chain-of-thought', parts.settings),
      rounds: Number(options.rounds),
      votes: Number(options.votes),
      ...(options.verifier !== 'none' && { verifier: parts.verifier(String(options.verifier)) }),
    }),
};
