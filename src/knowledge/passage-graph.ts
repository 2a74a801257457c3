import { InputError } from '../core/errors.ts';
import type { Passage } from '../core/retriever.ts';
import type { Run } from '../core/run.ts';
import type { Extraction, Extractor } from './extraction.ts';
import { nameExtractor } from './extraction.ts';
import { phraseKey, titleKeys } from './names.ts';
import type { WalkGraph } from './page-rank.ts';
import { undirected } from './page-rank.ts';
import { words } from './terms.ts';

/** Nodes and edges that one graph holds at the most. */
export const MOST_NODES = 2_000_000;
export const MOST_EDGES = 10_000_000;
/** The phrase that a passage has for its title weighs this much against one that its text mentions. */
const TITLE_WEIGHT = 8;
const MENTION_WEIGHT = 1;
const FACT_WEIGHT = 1;
/** Longest title that is looked for inside other texts, in words. */
const LINKED_TITLE_WORDS = 10;

interface Edge {
  readonly from: number;
  readonly to: number;
  readonly weight: number;
}

/** Extractions that run at the same time. */
const EXTRACTIONS_AT_ONCE = 8;

/** What filling a graph needs besides passages. */
export interface FillOptions {
  readonly run?: Run | undefined; // pays for an extractor that asks a model
  readonly signal?: AbortSignal | undefined;
}

/** A graph over all these passages. */
export async function buildPassageGraph(
  passages: readonly Passage[],
  extractor: Extractor = nameExtractor(),
  options: FillOptions = {},
): Promise<PassageGraph> {
  const graph = new PassageGraph();
  await fillGraph(graph, passages, extractor, options);
  return graph;
}

/** Adds the passages that a graph does not have yet, several extractions at a time. */
export async function fillGraph(
  graph: PassageGraph,
  passages: readonly Passage[],
  extractor: Extractor,
  { run, signal }: FillOptions = {},
): Promise<void> {
  const fresh = passages.filter(({ id }) => !graph.has(id));
  for (let start = 0; start < fresh.length; start += EXTRACTIONS_AT_ONCE) {
    signal?.throwIfAborted();
    const group = fresh.slice(start, start + EXTRACTIONS_AT_ONCE);
    const extract = async (passage: Passage, branch?: Run) => ({
      passage,
      extraction: await extractor.extract(passage, branch),
    });
    const extracted =
      run && extractor.asksModel
        ? await run.map(group.length, 'extract', (branch, index) => extract(group[index] as Passage, branch))
        : await Promise.all(group.map((passage) => extract(passage)));
    for (const { passage, extraction } of extracted) graph.add(passage, extraction);
  }
}

/**
 * Passages and the phrases they speak of, as HippoRAG 2 has them (Gutiérrez et al. 2025, arXiv:2502.14802): a passage is
 * joined to its phrases, and the subject of a fact to its object. Deviations: a passage is joined to its title more
 * strongly than to what it mentions, and a title that another passage quotes counts as mentioned there.
 */
export class PassageGraph {
  readonly passages: Passage[] = [];
  readonly phrases: string[] = [];
  readonly #indexOf = new Map<string, number>(); // passage id → place in `passages`
  readonly #phraseOf = new Map<string, number>(); // key → place in `phrases`
  readonly #mentions: Map<number, number>[] = []; // per passage: phrase → weight
  readonly #holders: number[] = []; // per phrase: passages that hold it
  readonly #facts: { readonly from: number; readonly to: number }[] = [];
  readonly #titles = new Set<string>();
  #edges = 0;
  #linked = 0; // passages whose text was searched for titles
  #built: WalkGraph | undefined;

  /** Takes a passage in, unless it is there already. Throws InputError when the graph is full. */
  add(passage: Passage, { phrases, triples }: Extraction): void {
    if (this.#indexOf.has(passage.id)) return;
    this.#indexOf.set(passage.id, this.passages.length);
    this.passages.push(passage);
    this.#mentions.push(new Map());
    const place = this.passages.length - 1;
    for (const key of titleKeys(passage.title ?? '')) {
      this.#titles.add(key);
      this.#mention(place, key, TITLE_WEIGHT);
    }
    for (const key of phrases) this.#mention(place, key, MENTION_WEIGHT);
    for (const { subject, object } of triples) {
      const [from, to] = [phraseKey(subject), phraseKey(object)];
      if (from === '' || to === '' || from === to) continue;
      this.#mention(place, from, MENTION_WEIGHT);
      this.#mention(place, to, MENTION_WEIGHT);
      this.#facts.push({ from: this.#phraseOf.get(from) as number, to: this.#phraseOf.get(to) as number });
      this.#count(1);
    }
    this.#built = undefined;
  }

  has(id: string): boolean {
    return this.#indexOf.has(id);
  }

  /** The place of a passage among `passages`. */
  placeOf(id: string): number | undefined {
    return this.#indexOf.get(id);
  }

  /** The place of a phrase among `phrases`. */
  phraseOf(key: string): number | undefined {
    return this.#phraseOf.get(key);
  }

  /** Passages that hold a phrase. */
  holders(phrase: number): number {
    return this.#holders[phrase] ?? 0;
  }

  /** The phrases of a passage with their weights. */
  phrasesOf(place: number): ReadonlyMap<number, number> {
    return this.#mentions[place] ?? new Map();
  }

  /** Titles of passages that a text quotes, the longest at each place; of one word only where `names` has that word. */
  titlesIn(text: string, names: readonly string[]): string[] {
    const named = new Set(names.flatMap((name) => name.split(' ')));
    const found = new Set<string>();
    const all = words(text);
    for (let start = 0; start < all.length; start++) {
      for (let size = Math.min(LINKED_TITLE_WORDS, all.length - start); size > 0; size--) {
        const key = all.slice(start, start + size).join(' ');
        if (!this.#titles.has(key) || (size === 1 && !named.has(key))) continue;
        found.add(key);
        start += size - 1;
        break;
      }
    }
    return [...found];
  }

  /** The graph to walk: node i is passage i, node passages.length + j is phrase j. */
  walkGraph(): WalkGraph {
    if (this.#built) return this.#built;
    this.#linkTitles();
    const first = this.passages.length;
    const edges: Edge[] = this.#facts.map(({ from, to }) => ({
      from: first + from,
      to: first + to,
      weight: FACT_WEIGHT,
    }));
    this.#mentions.forEach((mentions, from) => {
      // a phrase of one passage and no fact leads nowhere
      for (const [phrase, weight] of mentions)
        if (this.holders(phrase) > 1) edges.push({ from, to: first + phrase, weight });
    });
    this.#built = undirected(first + this.phrases.length, edges);
    return this.#built;
  }

  /** Joins passages to the titles they quote. A new title may be quoted by any passage, so all are searched again. */
  #linkTitles(): void {
    if (this.#linked === this.passages.length) return;
    this.passages.forEach(({ text }, place) => {
      const names = [...this.phrasesOf(place).keys()].map((phrase) => this.phrases[phrase] as string);
      for (const key of this.titlesIn(text, names)) this.#mention(place, key, MENTION_WEIGHT);
    });
    this.#linked = this.passages.length;
  }

  #mention(place: number, key: string, weight: number): void {
    let phrase = this.#phraseOf.get(key);
    if (phrase === undefined) {
      phrase = this.phrases.length;
      this.#phraseOf.set(key, phrase);
      this.phrases.push(key);
      this.#holders.push(0);
    }
    const mentions = this.#mentions[place] as Map<number, number>;
    const before = mentions.get(phrase);
    if (before === undefined) {
      this.#holders[phrase]! += 1;
      this.#count(1);
    }
    mentions.set(phrase, Math.max(before ?? 0, weight));
  }

  #count(edges: number): void {
    this.#edges += edges;
    if (this.#edges > MOST_EDGES || this.passages.length + this.phrases.length > MOST_NODES)
      throw new InputError(
        `The graph would hold more than ${MOST_EDGES} edges or ${MOST_NODES} nodes; build it over fewer passages (a smaller pool)`,
      );
  }
}
