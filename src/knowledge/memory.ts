/**
 * Long-term memory of a conversation or an agent: writing takes facts only, once each; reading finds them by words, by vectors
 * and by what they are about, newest first among equals. What is read is data: it was said by somebody, at some time.
 * In the manner of mem0 (Chhikara et al. 2025, arXiv:2504.19413). Deviations: facts are taken by rules unless an extractor is
 * given; nothing is rewritten: a fact said again gets another time, and a newer fact stands beside the older one.
 */
import { InputError } from '../core/errors.ts';
import type { Embedder, FoundPassage, Retriever } from '../core/retriever.ts';
import { passageLimit } from '../core/retriever.ts';
import type { Run } from '../core/run.ts';
import { bm25Memory } from './bm25-memory.ts';
import { hashedEmbedder } from './hashed-embedder.ts';
import { fuse } from './hybrid.ts';
import type { Fingerprint, Speaker } from './memory-gate.ts';
import { factsIn, fingerprint, sameFact } from './memory-gate.ts';
import { relatedOccurrences } from './memory-links.ts';
import type { MemoryLog, StoredFact } from './memory-log.ts';
import { openMemoryLog } from './memory-log.ts';
import { namesIn } from './names.ts';
import { terms } from './terms.ts';
import { dot } from './vectors.ts';

/** Something that was said. */
export interface Statement {
  readonly text: string;
  readonly speaker: Speaker;
  readonly at: number; // milliseconds since 1970, or any count that grows
  readonly reference?: string; // where it was said: a conversation, a document
}

/** What became of a statement. */
export interface WriteResult {
  readonly stored: readonly string[]; // ids of new facts
  readonly repeated: readonly string[]; // ids of facts that were there: they got another time
}

/** A fact as it is read. */
export interface Remembered {
  readonly id: string;
  readonly text: string;
  readonly at: number; // the time that counts for the query
  readonly speaker: Speaker;
  readonly reference?: string;
  readonly score: number;
}

export interface ReadOptions {
  readonly limit?: number; // facts; default 10
  readonly tokens?: number; // of all facts together, at four characters each; default 2,000
  readonly before?: number; // leaves out what was said later
  readonly signal?: AbortSignal;
}

export interface MemoryOptions {
  readonly path?: string; // of the SQLite file; absent: kept in memory only
  readonly embedder?: Embedder; // default: hashed words and letters, 256 numbers
  /** Takes facts from a statement, by a model if need be. Default: the rules of memory-gate.ts. */
  readonly extract?: (statement: Statement, run?: Run) => Promise<readonly string[]> | readonly string[];
}

/** A memory. Forgetting and purging leave no text behind. */
export interface Memory {
  write(statement: Statement, run?: Run): Promise<WriteResult>;
  read(query: string, options?: ReadOptions): Promise<readonly Remembered[]>;
  /** Removes the facts that `which` picks, and says how many they were. */
  forget(which: (fact: StoredFact) => boolean): number;
  /** Removes everything, the audit included. */
  purge(): void;
  /** What was stored, repeated and forgotten, the newest last; without the text of what was forgotten. */
  audit(): ReturnType<MemoryLog['audit']>;
  facts(): readonly StoredFact[];
  /** The memory as a source of passages for any method. */
  retriever(): Retriever;
  close(): void;
}

/** Facts that a memory holds. */
const MOST_FACTS = 100_000;
/** Facts with some words in common that are looked at for one that says the same. */
const CANDIDATES = 20;
/** How much the list of what facts are about counts against the list by words and the one by vectors. */
const RELATED_WEIGHT = 3;
/** Facts taken from each list. */
const DEPTH = 100;
const CHARACTERS_PER_TOKEN = 4;

interface Held {
  readonly fact: StoredFact;
  readonly print: Fingerprint;
  readonly vector: Float32Array;
  readonly terms: ReadonlySet<string>;
  readonly names: readonly string[];
}

/** Opens a memory. Throws InputError when its file is none, or was written with vectors of another embedder. */
export function openMemory(options: MemoryOptions = {}): Memory {
  const {
    embedder = hashedEmbedder({ dimensions: 256 }),
    extract = ({ text, speaker }) => factsIn(text, speaker),
  } = options;
  const log = openMemoryLog(options.path ?? ':memory:', embedder.id);
  const held = new Map<string, Held>();
  const byTerm = new Map<string, Set<string>>(); // term → ids
  const index = bm25Memory();

  const hold = (fact: StoredFact, vector: Float32Array) => {
    const entry: Held = {
      fact,
      vector,
      print: fingerprint(fact.text),
      terms: new Set(terms(fact.text)),
      names: namesIn(fact.text),
    };
    if (!held.has(fact.id)) index.add({ id: fact.id, text: fact.text });
    held.set(fact.id, entry);
    for (const term of entry.terms) {
      const ids = byTerm.get(term);
      if (ids) ids.add(fact.id);
      else byTerm.set(term, new Set([fact.id]));
    }
  };
  const release = ({ fact, terms: known }: Held) => {
    held.delete(fact.id);
    index.remove(fact.id);
    for (const term of known) byTerm.get(term)?.delete(fact.id);
  };
  for (const { fact, vector } of log.facts()) hold(fact, vector);

  const findSame = async (text: string): Promise<Held | undefined> => {
    const print = fingerprint(text);
    const near = await index.retrieve(text, { limit: CANDIDATES });
    return near
      .map(({ passage }) => held.get(passage.id) as Held)
      .find((candidate) => sameFact(candidate.print, print));
  };

  const read = async (query: string, readOptions: ReadOptions = {}): Promise<Remembered[]> => {
    const { limit = 10, tokens = 2_000, before = Number.POSITIVE_INFINITY, signal } = readOptions;
    const visible = [...held.values()].filter(({ fact }) => (fact.times[0] as number) <= before);
    if (visible.length === 0 || query.trim() === '') return [];
    const latest = (fact: StoredFact) => fact.times.findLast((time) => time <= before) as number;
    const asOccurrence = ({ fact }: Held, score: number) => ({
      passage: { id: `${fact.id}@${latest(fact)}`, text: fact.text },
      score,
    });
    const [asked] = await embedder.embed([query], signal ? { signal } : {});
    const newestFirst = (a: FoundPassage, b: FoundPassage) => b.score - a.score || timeOf(b) - timeOf(a);
    const byWords = (await index.retrieve(query, { limit: DEPTH }))
      .flatMap(({ passage, score }) => {
        const entry = held.get(passage.id) as Held;
        return (entry.fact.times[0] as number) <= before ? [asOccurrence(entry, score)] : [];
      })
      .sort(newestFirst);
    const byVectors = visible
      // rounded: among facts that are about equally near, the newest comes first
      .map((entry) => asOccurrence(entry, asked ? Math.round(20 * dot(asked, entry.vector)) / 20 : 0))
      .filter(({ score }) => score > 0)
      .sort(newestFirst)
      .slice(0, DEPTH);
    const related = relatedOccurrences(query, visible, (term) => byTerm.get(term)?.size ?? 0, before).map(
      ({ fact, at }): FoundPassage => ({ passage: { id: `${fact.id}@${at}`, text: fact.text }, score: 1 }),
    );
    const lists = [byWords, byVectors, ...Array.from({ length: RELATED_WEIGHT }, () => related)];
    const ranked = discountOlder(fuse(lists), query);
    const chosen: Remembered[] = [];
    let left = tokens;
    for (const found of ranked) {
      if (chosen.length >= limit) break;
      const { fact } = held.get(idOf(found)) as Held;
      left -= Math.ceil(fact.text.length / CHARACTERS_PER_TOKEN);
      if (left < 0) break;
      const { id, text, speaker, reference } = fact;
      chosen.push({
        id,
        text,
        at: timeOf(found),
        speaker,
        score: found.score,
        ...(reference !== undefined && { reference }),
      });
    }
    return chosen;
  };

  return {
    async write(statement, run) {
      const stored: string[] = [];
      const repeated: string[] = [];
      if (!Number.isFinite(statement.at))
        throw new InputError(`A statement was said at ${statement.at}; give a number`);
      for (const text of await extract(statement, run)) {
        const same = await findSame(text);
        if (same) {
          const fact = log.repeat(same.fact, statement.at);
          hold(fact, same.vector);
          repeated.push(fact.id);
          continue;
        }
        if (held.size >= MOST_FACTS)
          throw new InputError(`The memory holds ${MOST_FACTS} facts; forget some before it takes more`);
        const [vector] = await embedder.embed([text]);
        if (!vector) throw new InputError(`The embedder ${embedder.id} gave no vector`);
        const { speaker, at, reference } = statement;
        const fact = log.add({ text, speaker, at, ...(reference !== undefined && { reference }) }, vector);
        hold(fact, vector);
        stored.push(fact.id);
      }
      return { stored, repeated };
    },
    read,
    forget(which) {
      const gone = [...held.values()].filter(({ fact }) => which(fact));
      log.forget(gone.map(({ fact }) => fact.id));
      for (const entry of gone) release(entry);
      return gone.length;
    },
    purge() {
      log.purge();
      for (const entry of [...held.values()]) release(entry);
    },
    audit: () => log.audit(),
    facts: () => [...held.values()].map(({ fact }) => fact),
    retriever: () => ({
      name: 'memory',
      async retrieve(query, retrieveOptions = {}) {
        const { signal } = retrieveOptions;
        const facts = await read(query, { limit: passageLimit(retrieveOptions), ...(signal && { signal }) });
        return facts.map(({ id, text, score }) => ({ passage: { id, text, title: 'Memory' }, score }));
      },
    }),
    close: () => log.close(),
  };
}

/**
 * Among facts that hold the same words of the query the newest counts in full, the one before it half, then a third: what was
 * said last is most likely to hold. Facts that hold none of them stand for themselves.
 */
function discountOlder(found: readonly FoundPassage[], query: string): FoundPassage[] {
  const asked = new Set(terms(query));
  const newer = new Map<string, number>(); // words held → facts met
  const factors = new Map<string, number>();
  for (const { passage } of found.toSorted((a, b) => timeOf(b) - timeOf(a))) {
    const shared = [...new Set(terms(passage.text))].filter((term) => asked.has(term)).sort();
    const key = shared.join(' ');
    const before = key === '' ? 0 : (newer.get(key) ?? 0);
    newer.set(key, before + 1);
    factors.set(passage.id, 1 / (1 + before));
  }
  return found
    .map(({ passage, score }) => ({ passage, score: score * (factors.get(passage.id) ?? 1) }))
    .sort((a, b) => b.score - a.score || timeOf(b) - timeOf(a));
}

/** An occurrence is named by its fact and its time. */
function timeOf({ passage }: FoundPassage): number {
  return Number(passage.id.slice(passage.id.lastIndexOf('@') + 1));
}

function idOf({ passage }: FoundPassage): string {
  return passage.id.slice(0, passage.id.lastIndexOf('@'));
}
