/**
 * Interleaved retrieval: each sentence of the reasoning is the query for the next passages.
 * Trivedi et al. 2022 (IRCoT), arXiv:2212.10509.
 * Cost: 1 call per sentence (at most `sentences`) + 1 for the answer; 1 retrieval for the question and per sentence.
 * Deviations: zero-shot instead of worked examples; a sentence that repeats an earlier one ends the loop; the reader cites the
 * passages it relies on.
 */

import type { MethodEntry } from '../core/catalog-entry.ts';
import { passageDetails } from '../core/citations.ts';
import type { Method } from '../core/method.ts';
import type { Model } from '../core/model.ts';
import { framePassages, PASSAGES_ARE_DATA } from '../core/passages-prompt.ts';
import type { Question } from '../core/problem.ts';
import { questionText } from '../core/problem.ts';
import type { FoundPassage, Retriever } from '../core/retriever.ts';
import type { Run } from '../core/run.ts';
import { untilExhausted } from '../core/solve.ts';
import { addSystem, closing, finalAnswerFields, instruct, toSolution } from './parts/prompt.ts';

export interface InterleavedRetrievalOptions {
  readonly model: Model;
  readonly retriever: Retriever;
  readonly passages?: number; // found per query; default 4
  readonly most?: number; // passages in a prompt, the first found kept; default 15
  readonly sentences?: number; // of reasoning at the most; default 10
  readonly temperature?: number; // default 0
}

/** Words of one passage that are shown, as in the paper. */
const PASSAGE_WORDS = 350;
/** Completion tokens of one sentence. */
const SENTENCE_TOKENS = 96;
const LONGEST_SENTENCE = 600;

/** Retrieves, writes a sentence, retrieves with it, and so on; then answers from all passages found. */
export function interleavedRetrieval(options: InterleavedRetrievalOptions): Method {
  const { model, retriever, passages = 4, most = 15, sentences = 10, temperature = 0 } = options;
  return {
    name: 'interleaved-retrieval',
    async solve(question, run) {
      const found: FoundPassage[] = [];
      const queries: string[] = [];
      const reasoning: string[] = [];
      const look = async (query: string) => {
        queries.push(query);
        const fresh = await retriever.retrieve(query, { limit: passages, signal: run.signal, run });
        for (const { passage, score } of fresh)
          if (found.length < most && !found.some((known) => known.passage.id === passage.id))
            found.push({ passage: { ...passage, text: firstWords(passage.text, PASSAGE_WORDS) }, score });
      };
      const unfinished = () => ({
        steps: reasoning,
        complete: false,
        details: { passages: passageDetails(found), queries },
      });
      return untilExhausted(async () => {
        await look(questionText(question));
        while (reasoning.length < sentences) {
          const sentence = await nextSentence(question, found, reasoning, run);
          if (sentence === '' || reasoning.includes(sentence)) break;
          reasoning.push(sentence);
          if (/\banswer is\b/i.test(sentence)) break;
          await look(sentence);
        }
        return read(question, found, reasoning, run);
      }, unfinished);

      async function read(
        asked: Question,
        shown: readonly FoundPassage[],
        steps: readonly string[],
        reader: Run,
      ) {
        const task = `Answer the question above from the passages. Think step by step, cite passages like [1], then ${closing(asked)}.`;
        const completion = await reader.sample(model, {
          messages: prompt(asked, shown, task),
          temperature,
          ...finalAnswerFields(asked),
        });
        const solution = toSolution(completion, asked);
        return {
          ...solution,
          steps: [...steps, ...solution.steps],
          details: { passages: passageDetails(shown), queries },
        };
      }
    },
  };

  async function nextSentence(
    question: Question,
    found: readonly FoundPassage[],
    reasoning: readonly string[],
    run: Run,
  ): Promise<string> {
    const soFar =
      reasoning.length === 0 ? 'Nothing is written yet.' : `Written so far:\n${reasoning.join('\n')}`;
    const { text } = await run.sample(model, {
      messages: prompt(
        question,
        found,
        `${soFar}\nWrite only the one sentence of reasoning that comes next. Once the answer is known, write: So the answer is …`,
      ),
      temperature,
      maxTokens: SENTENCE_TOKENS,
    });
    return firstSentence(text);
  }
}

function prompt(question: Question, found: readonly FoundPassage[], task: string) {
  const shown = found.length === 0 ? 'No passages were found.' : framePassages(found);
  return addSystem(instruct(question, `${shown}\n\n${task}`), PASSAGES_ARE_DATA);
}

/** Up to the first full stop that ends a sentence, or the end of the first line that holds anything. */
function firstSentence(text: string): string {
  const line =
    text
      .slice(0, 4 * LONGEST_SENTENCE)
      .trim()
      .split('\n', 1)[0] ?? '';
  const end = /[^\s.]{3}[.!?](?=\s|$)/.exec(line);
  return (end ? line.slice(0, end.index + end[0].length) : line).slice(0, LONGEST_SENTENCE).trim();
}

function firstWords(text: string, most: number): string {
  let words = 0;
  for (const { index } of text.matchAll(/\S+/g)) if (++words > most) return text.slice(0, index).trimEnd();
  return text;
}

export const entry: MethodEntry = {
  name: 'interleaved-retrieval',
  summary: 'each sentence of the reasoning finds the next passages',
  paper: 'Trivedi et al. 2022, arXiv:2212.10509',
  aliases: ['ircot'],
  calls: 'at most sentences + 1',
  wraps: false,
  retrieves: true,
  count: 'passages',
  options: {
    passages: { summary: 'found per query', type: 'integer', default: 4, minimum: 1, maximum: 50 },
    most: { summary: 'passages in a prompt', type: 'integer', default: 15, minimum: 1, maximum: 100 },
    sentences: { summary: 'of reasoning at the most', type: 'integer', default: 10, minimum: 1, maximum: 50 },
  },
  build: ({ passages, most, sentences }, parts) =>
    interleavedRetrieval({
      model: parts.model,
      retriever: parts.retriever(),
      passages: Number(passages),
      most: Number(most),
      sentences: Number(sentences),
      ...(parts.settings.temperature !== undefined && { temperature: parts.settings.temperature }),
    }),
};
