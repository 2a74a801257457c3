/**
 * Which passages that support a multi-hop answer stand among the first 2 and 5 found, over one corpus of all questions'
 * passages: BM25, embeddings, both joined, and PageRank, without any model. Each is paired with BM25, question by question.
 * The settings of PageRank were chosen by the HotpotQA items, with MuSiQue's figures in sight; 2Wiki was measured afterwards.
 *
 *   node bench/retrieval.ts [--json]
 */
import type { Retriever } from '../src/core/retriever.ts';
import { searchText } from '../src/core/retriever.ts';
import { pairedBootstrap, signFlip, wilsonOfMeans } from '../src/evaluation/statistics.ts';
import { bm25 } from '../src/knowledge/bm25.ts';
import { hashedEmbedder } from '../src/knowledge/hashed-embedder.ts';
import { hybrid } from '../src/knowledge/hybrid.ts';
import { pageRankRetriever } from '../src/knowledge/page-rank-retriever.ts';
import { buildPassageGraph } from '../src/knowledge/passage-graph.ts';
import { nearest } from '../src/knowledge/vectors.ts';
import type { MultiHop } from '../test/multi-hop.ts';
import { multiHopSets } from '../test/multi-hop.ts';

const DEPTHS = [2, 5, 20] as const;

interface Recall {
  readonly depth: number;
  readonly mean: number;
  readonly interval: readonly [number, number];
  /** Mean difference from BM25 on the same questions, its interval, and the p-value of the sign-flip test. */
  readonly difference: number;
  readonly differenceInterval: readonly [number, number];
  readonly p: number;
}

interface Measured {
  readonly set: string;
  readonly retriever: string;
  readonly questions: number;
  readonly passages: number;
  readonly recalls: readonly Recall[];
  readonly milliseconds: number; // per question
  readonly buildSeconds: number;
}

async function measure(set: MultiHop): Promise<Measured[]> {
  const { passages, items } = set;
  const first = bm25(passages);
  const embedder = hashedEmbedder({ dimensions: 2048, corpus: passages.map(searchText) });
  const makers: Readonly<Record<string, () => Promise<Retriever>>> = {
    bm25: async () => bm25(passages),
    'embeddings (hashed)': () => nearest(passages, embedder),
    hybrid: async () => hybrid({ retrievers: [first, await nearest(passages, embedder)] }),
    'page-rank': async () => pageRankRetriever({ first, graph: await buildPassageGraph(passages) }),
    'page-rank (lazy)': async () => pageRankRetriever({ first }),
  };
  const measured: Measured[] = [];
  let baseline: readonly (readonly number[])[] | undefined; // per depth, per question
  for (const [retriever, make] of Object.entries(makers)) {
    const startedAt = performance.now();
    const made = await make();
    const builtAt = performance.now();
    const lists: string[][] = [];
    for (const { question } of items)
      lists.push(
        (await made.retrieve(question, { limit: Math.max(...DEPTHS) })).map(({ passage }) => passage.id),
      );
    const finishedAt = performance.now();
    const recalls = DEPTHS.map((depth) =>
      lists.map((list, index) => {
        const gold = items[index]?.gold ?? new Set();
        return list.slice(0, depth).filter((id) => gold.has(id)).length / gold.size;
      }),
    );
    baseline ??= recalls;
    measured.push({
      set: set.name,
      retriever,
      questions: items.length,
      passages: passages.length,
      recalls: DEPTHS.map((depth, place) => compared(depth, baseline?.[place] ?? [], recalls[place] ?? [])),
      milliseconds: (finishedAt - builtAt) / items.length,
      buildSeconds: (builtAt - startedAt) / 1000,
    });
  }
  return measured;
}

function compared(depth: number, before: readonly number[], now: readonly number[]): Recall {
  const pairs = now.map((value, index) => ({ a: [before[index] as number], b: [value] }));
  const { difference, interval } = pairedBootstrap(pairs, { seed: depth });
  return {
    depth,
    mean: now.reduce((sum, value) => sum + value, 0) / now.length,
    interval: wilsonOfMeans(now),
    difference,
    differenceInterval: interval,
    p: signFlip(now.map((value, index) => value - (before[index] as number))),
  };
}

const sets = multiHopSets();
const results: Measured[] = [];
for (const set of sets) results.push(...(await measure(set)));

const percent = (value: number) => (100 * value).toFixed(1);
if (process.argv.includes('--json')) console.log(JSON.stringify(results, null, 2));
else {
  if (sets.length === 0) console.log('Nothing to measure: ../shared/data is needed');
  for (const { set, retriever, questions, passages, recalls, milliseconds, buildSeconds } of results) {
    if (retriever === 'bm25')
      console.log(
        `\n${set}: ${questions} questions over ${passages} passages; recall in %, 95 % intervals; difference from BM25`,
      );
    const columns = recalls.map(
      ({ depth, mean, interval: [low, high], difference, differenceInterval, p }) => {
        const paired =
          retriever === 'bm25'
            ? ''
            : ` ${difference < 0 ? '' : '+'}${percent(difference)} [${differenceInterval.map(percent).join(', ')}] p ${p < 0.001 ? '<.001' : p.toFixed(3)}`;
        return `@${depth} ${percent(mean)} [${percent(low)}, ${percent(high)}]${paired}`;
      },
    );
    console.log(
      `${retriever.padEnd(20)} ${columns.join('  ')}  ${milliseconds.toFixed(1)} ms, built in ${buildSeconds.toFixed(1)} s`,
    );
  }
}
