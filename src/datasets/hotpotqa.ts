/**
 * HotpotQA: questions that need facts of two Wikipedia articles, answered by a short phrase. Yang et al. 2018,
 * arXiv:1809.09600. The test split has no public key, so `validation` (7,405) is what papers report.
 */
import type { DatasetEntry, DatasetSource, HubLocation } from '../core/catalog-entry.ts';
import type { Dataset, Problem } from '../core/problem.ts';
import { exactMatch } from '../verifiers/exact-match.ts';
import type { Cells } from './parts/cells.ts';
import { publishedDataset } from './parts/published.ts';
import { ownField } from './parts/row.ts';
import { rowSource } from './parts/row-source.ts';

export interface HotpotqaOptions extends DatasetSource {
  /** Put the row's ten paragraphs before the question (the distractor setting). Default: the question alone. */
  readonly passages?: boolean;
}

const location: HubLocation = {
  id: 'hotpotqa/hotpot_qa',
  config: 'distractor',
  splits: ['train', 'validation'],
};

/** HotpotQA from a local file or folder, else from the hub. Which paragraphs hold the facts never reaches a question. */
export function hotpotqa({ passages = false, ...source }: HotpotqaOptions = {}): Dataset<Problem<string>> {
  return publishedDataset({
    name: 'hotpotqa',
    rows: rowSource(source, location),
    verifier: exactMatch(),
    toProblem(cells) {
      const key = cells.optionalText('id', '_id');
      const question = cells.text('question');
      const text = passages ? `${readPassages(cells)}\n\nQuestion: ${question}` : question;
      return {
        ...(key !== undefined && { key }),
        messages: [{ role: 'user', text }],
        answerKind: 'text',
        reference: cells.text('answer'),
      };
    },
  });
}

/** `context` as the hub has it, `{title[], sentences[][]}`, or as the authors do, `[[title, sentences[]], …]`. */
function readPassages(cells: Cells): string {
  const context = cells.optional('context');
  const titles = ownField(context, 'title');
  const sentences = ownField(context, 'sentences');
  const pairs: unknown[] =
    Array.isArray(titles) && Array.isArray(sentences)
      ? titles.map((title, index) => [title, sentences[index]])
      : Array.isArray(context)
        ? context
        : [];
  const passages = pairs.map((pair) => {
    const [title, parts] = Array.isArray(pair) ? pair : [];
    if (typeof title !== 'string' || !Array.isArray(parts))
      throw cells.error('column context holds no paragraphs');
    return `${title}\n${parts.join('').trim()}`;
  });
  if (passages.length === 0)
    throw cells.error('there are no paragraphs in column context; leave out passages');
  return passages.join('\n\n');
}

export const entry: DatasetEntry = {
  name: 'hotpotqa',
  summary: 'two-hop questions over Wikipedia, short answers (7,405 validation)',
  aliases: ['hotpot'],
  hub: location,
  columns: ['id', 'question', 'answer', 'type', 'level', 'supporting_facts', 'context'],
  options: {
    passages: { summary: 'put the ten paragraphs before the question', type: 'boolean', default: false },
  },
  build: (options, source) => hotpotqa({ ...source, passages: options.passages === true }),
};
