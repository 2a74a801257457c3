import { ANSWER_CHARACTERS } from '../core/canonical.ts';
import type { Claim, ShownPassage } from '../core/citations.ts';
import { claimsIn, shownPassages } from '../core/citations.ts';
import { InputError } from '../core/errors.ts';
import type { Model } from '../core/model.ts';
import { framePassages, PASSAGES_ARE_DATA } from '../core/passages-prompt.ts';
import type { Question } from '../core/problem.ts';
import type { Run } from '../core/run.ts';
import type { Solution } from '../core/solution.ts';
import type { Verifier } from '../core/verifier.ts';
import { contentWords } from './parts/content-words.ts';

export interface GroundedOptions {
  /** Where the cited passages are. Default: those that the method kept in the solution's details. */
  readonly passages?: (solution: Solution) => readonly ShownPassage[];
  /** Asked about each claim that its passages support by their words. Absent: the words decide. */
  readonly judge?: Model;
  /** Share of a claim's words that its passages must hold, in (0, 1]; default 0.6. Names and numbers must all be there. */
  readonly share?: number;
}

/** What was found about one claim. */
export interface CheckedClaim extends Claim {
  readonly status: 'supported' | 'unsupported' | 'uncited';
}

/** Claims checked of one solution at the most; a judge is asked about as many. */
const MOST_CHECKED = 100;
const CHECK_TOKENS = 64;
/** Fewer words say too little to check. */
const LEAST_WORDS = 2;

/**
 * Checks that each sentence of an answer is supported by the passages it cites: their words hold its names, its numbers and
 * most other words, and a judge agrees if there is one. A sentence that asserts something and cites nothing counts against it,
 * unless it only draws the conclusion. The score is 1 − the hallucination rate; needs no key, so it may guide a search.
 */
export function grounded({
  passages = shownPassages,
  judge,
  share = 0.6,
}: GroundedOptions = {}): Verifier<Question> {
  if (!(share > 0 && share <= 1))
    throw new InputError(`The share of words is ${share}; it must be above 0, at most 1`);
  return {
    name: 'grounded',
    async verify(_question, solution, run) {
      const shown = passages(solution);
      const checked = await Promise.all(
        claimsToCheck(solution).map((claim) => checkClaim(claim, shown, { share, judge, run })),
      );
      if (checked.length === 0) return { score: 0, note: 'nothing that could be checked' };
      const count = (status: CheckedClaim['status']) =>
        checked.filter((claim) => claim.status === status).length;
      const supported = count('supported');
      const rate = 1 - supported / checked.length;
      return {
        score: supported / checked.length,
        note: `${supported} of ${checked.length} claims supported, ${count('unsupported')} not by what they cite, ${count('uncited')} without citation; hallucination rate ${(100 * rate).toFixed(1)} %`,
      };
    },
  };
}

/** The sentences that assert something; the conclusion from them is no claim of its own when there are others. */
function claimsToCheck({ text, steps, answer }: Solution): Claim[] {
  const said = text ?? (steps.length > 0 ? steps.join('\n') : (answer ?? '').slice(0, ANSWER_CHARACTERS));
  const claims = claimsIn(withoutObservations(said)).filter(
    (claim) => contentWords(claim.text).all.length >= LEAST_WORDS,
  );
  const own = claims.filter(
    (claim) =>
      claim.citations.length > 0 || !/\banswer is\b|^(?:thus|therefore|so|hence)\b/i.test(claim.text),
  );
  return (own.length > 0 ? own : claims).slice(0, MOST_CHECKED);
}

/** What a tool or a search said stands in the steps as well; it is no claim of the answer. */
function withoutObservations(text: string): string {
  const kept: string[] = [];
  let inside = false;
  for (const line of text.split('\n')) {
    if (/^(?:Observation \d{1,3}: )?<(?:passages|tool-output)>/.test(line)) inside = true;
    if (!inside && !/^\s{0,4}(?:Action|Observation)(?: \d{1,3})?:/.test(line))
      kept.push(line.replace(/^Thought(?: \d{1,3})?:\s?/, ''));
    if (/^<\/(?:passages|tool-output)>/.test(line)) inside = false;
  }
  return kept.join('\n');
}

async function checkClaim(
  claim: Claim,
  shown: readonly ShownPassage[],
  { share, judge, run }: { readonly share: number; readonly judge: Model | undefined; readonly run: Run },
): Promise<CheckedClaim> {
  if (claim.citations.length === 0) return { ...claim, status: 'uncited' };
  const cited = shown.filter(({ number }) => claim.citations.includes(number));
  const bySupport = supports(claim.text, cited, share);
  const supported = bySupport && (!judge || (await judgeAgrees(judge, claim.text, cited, run)));
  return { ...claim, status: supported ? 'supported' : 'unsupported' };
}

/** Whether passages hold all names and numbers of a claim, and the given share of its words. */
function supports(claim: string, cited: readonly ShownPassage[], share: number): boolean {
  if (cited.length === 0) return false;
  const held = new Set(cited.flatMap(({ title = '', text }) => contentWords(`${title}\n${text}`).all));
  const { all, exact } = contentWords(claim);
  return (
    exact.every((word) => held.has(word)) && all.filter((word) => held.has(word)).length >= share * all.length
  );
}

async function judgeAgrees(
  model: Model,
  claim: string,
  cited: readonly ShownPassage[],
  run: Run,
): Promise<boolean> {
  const found = cited.map(({ id, title, text }) => ({
    passage: { id, text, ...(title !== undefined && { title }) },
    score: 1,
  }));
  const { text } = await run.sample(model, {
    messages: [
      { role: 'system', text: `You check claims against passages. ${PASSAGES_ARE_DATA}` },
      {
        role: 'user',
        text: `${framePassages(found)}\n\nClaim: ${claim}\n\nDo the passages state this? End with one line: "Verdict: yes" or "Verdict: no".`,
      },
    ],
    temperature: 0,
    maxTokens: CHECK_TOKENS,
  });
  return [...text.slice(-2_000).matchAll(/\b(yes|no)\b/gi)].at(-1)?.[1]?.toLowerCase() === 'yes';
}
