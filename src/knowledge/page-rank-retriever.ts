/**
 * Multi-hop retrieval by personalised PageRank over passages and the phrases they share, in the manner of HippoRAG 2
 * (Gutiérrez et al. 2025, arXiv:2502.14802). The walk starts at the phrases that the query names and at the passages that the
 * first retriever finds, and spends its time at passages that both lead to.
 * Cost: no model call with the offline extractor; with a model, one call per passage seen for the first time.
 * Deviations: built over the top passages when they are needed, not over the corpus beforehand (unless all are given); the
 * walk prefers passages that match what the query says beside the names it starts from, and rare phrases; query phrases are
 * found by name instead of by embedding, and no model filters facts.
 */
import { InputError } from '../core/errors.ts';
import type { FoundPassage, Retriever } from '../core/retriever.ts';
import { MOST_PASSAGES, passageLimit } from '../core/retriever.ts';
import type { Extraction, Extractor } from './extraction.ts';
import { nameExtractor } from './extraction.ts';
import { namesIn } from './names.ts';
import { pageRank } from './page-rank.ts';
import { fillGraph, PassageGraph } from './passage-graph.ts';
import { terms } from './terms.ts';

export interface PageRankRetrieverOptions {
  /** Finds the passages that the walk starts from; scores must be higher for better ones, as those of BM25. */
  readonly first: Retriever;
  /** A graph over all passages, from `buildPassageGraph`. Absent: each query gets one over the passages it brings up. */
  readonly graph?: PassageGraph;
  readonly extractor?: Extractor; // of passages that `graph` has not; default: names, without a model
  readonly pool?: number; // passages of `first` that the walk starts from, 1 to 1,000; default 100
  readonly expand?: number; // phrases of the best passages that are looked up as well, without `graph`; default 10
  readonly damping?: number; // chance to follow an edge, in [0, 1); default 0.7
}

/** How fast the start favours the best passages: scores are taken relative to the best, to this power. */
const START_POWER = 3;
/** The walk enters a passage that matches nothing with this preference, one that matches best with 1 more. */
const LEAST_PREFERENCE = 0.05;
/** Steps of the walk: at a damping of 0.7 less than a thousandth of it goes further. */
const ITERATIONS = 20;
/** Best passages whose phrases are looked up. */
const EXPANDED_PASSAGES = 10;
/** Passages that looking up one phrase brings. */
const PASSAGES_PER_PHRASE = 3;
/** Extractions kept between queries; the oldest go first. */
const MOST_EXTRACTIONS = 20_000;

/** Finds passages by walking from the query's names and first finds. Throws InputError for a pool out of range. */
export function pageRankRetriever(options: PageRankRetrieverOptions): Retriever {
  const {
    first,
    graph: whole,
    extractor = nameExtractor(),
    pool = 100,
    expand = 10,
    damping = 0.7,
  } = options;
  if (!Number.isInteger(pool) || pool < 1 || pool > MOST_PASSAGES)
    throw new InputError(`The pool is ${pool}; it must be a whole number from 1 to ${MOST_PASSAGES}`);
  const kept = keepExtractions(extractor);

  return {
    name: `page-rank(${first.name})`,
    async retrieve(query, retrieveOptions = {}) {
      const { signal, run } = retrieveOptions;
      const find = (text: string, limit: number): Promise<readonly FoundPassage[]> =>
        first.retrieve(text, { ...retrieveOptions, limit });
      const found = await find(query, MOST_PASSAGES);
      const start = found.slice(0, pool);
      const walk = async (graph: PassageGraph) => {
        const seeds = seedsOf(graph, query);
        const named = new Set(seeds.flatMap(({ phrase }) => terms(graph.phrases[phrase] as string)));
        const rest = terms(query).filter((term) => !named.has(term));
        const matching = rest.length === 0 ? found : await find(rest.join(' '), MOST_PASSAGES);
        return rank(graph, { seeds, found: start, matching, damping });
      };
      if (whole) return (await walk(whole)).slice(0, passageLimit(retrieveOptions));
      const graph = new PassageGraph();
      await fillGraph(
        graph,
        start.map(({ passage }) => passage),
        kept,
        { run, signal },
      );
      let ranked = await walk(graph);
      if (expand > 0) {
        const looked = await Promise.all(
          openPhrases(graph, ranked, expand).map((phrase) => find(phrase, PASSAGES_PER_PHRASE)),
        );
        await fillGraph(
          graph,
          looked.flat().map(({ passage }) => passage),
          kept,
          { run, signal },
        );
        ranked = await walk(graph);
      }
      return ranked.slice(0, passageLimit(retrieveOptions));
    },
  };
}

/** Extractions that are done are not made again. Those under way are not waited for: branches of one run may not block each other. */
function keepExtractions(extractor: Extractor): Extractor {
  const done = new Map<string, Extraction>();
  return {
    ...extractor,
    async extract(passage, run) {
      const found = done.get(passage.id) ?? (await extractor.extract(passage, run));
      done.set(passage.id, found);
      if (done.size > MOST_EXTRACTIONS) done.delete(done.keys().next().value as string);
      return found;
    },
  };
}

interface Seed {
  readonly phrase: number;
  readonly weight: number; // the rarer the heavier
}

/** The phrases of the graph that a query names, without those that are part of a longer one. */
function seedsOf(graph: PassageGraph, query: string): Seed[] {
  graph.walkGraph(); // finds the titles that passages quote
  const names = namesIn(query);
  const keys = [...new Set([...names, ...graph.titlesIn(query, names)])].filter(
    (key) => graph.phraseOf(key) !== undefined,
  );
  return keys
    .filter((key) => !keys.some((other) => other !== key && ` ${other} `.includes(` ${key} `)))
    .map((key) => {
      const phrase = graph.phraseOf(key) as number;
      return { phrase, weight: 1 / graph.holders(phrase) };
    });
}

function rank(
  graph: PassageGraph,
  start: {
    readonly seeds: readonly Seed[];
    readonly found: readonly FoundPassage[];
    readonly matching: readonly FoundPassage[];
    readonly damping: number;
  },
): FoundPassage[] {
  const walk = graph.walkGraph();
  const first = graph.passages.length;
  const reset = new Float64Array(walk.nodes);
  const share = (weights: readonly (readonly [number, number])[]) => {
    const sum = weights.reduce((total, [, weight]) => total + weight, 0);
    for (const [node, weight] of weights) if (sum > 0) reset[node]! += weight / sum;
  };
  share(start.seeds.map(({ phrase, weight }) => [first + phrase, weight] as const));
  share([...relative(graph, start.found)].map(([place, score]) => [place, score ** START_POWER] as const));

  const preference = new Float64Array(walk.nodes).fill(LEAST_PREFERENCE);
  for (const [place, score] of relative(graph, start.matching)) preference[place]! += score;
  graph.phrases.forEach((_, phrase) => {
    preference[first + phrase] = Math.log(1 + first / Math.max(1, graph.holders(phrase)));
  });

  const ranks = pageRank(walk, reset, { damping: start.damping, iterations: ITERATIONS, preference });
  return graph.passages
    .map((passage, place): FoundPassage => ({ passage, score: ranks[place] as number }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
}

/** Scores of found passages that are in the graph, relative to the best, by place. */
function relative(graph: PassageGraph, found: readonly FoundPassage[]): Map<number, number> {
  const best = Math.max(Number.MIN_VALUE, found[0]?.score ?? 0);
  const scores = new Map<number, number>();
  for (const { passage, score } of found) {
    const place = graph.placeOf(passage.id);
    if (place !== undefined) scores.set(place, Math.max(0, score) / best);
  }
  return scores;
}

/** Phrases of the best passages that hardly any passage of the graph holds yet, the best passage's first. */
function openPhrases(graph: PassageGraph, ranked: readonly FoundPassage[], most: number): string[] {
  const open = new Set<string>();
  for (const { passage } of ranked.slice(0, EXPANDED_PASSAGES)) {
    const place = graph.placeOf(passage.id);
    if (place === undefined) continue;
    for (const phrase of graph.phrasesOf(place).keys())
      if (graph.holders(phrase) <= 2) open.add(graph.phrases[phrase] as string);
  }
  return [...open].slice(0, most);
}
