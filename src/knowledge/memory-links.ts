import type { StoredFact } from './memory-log.ts';
import { namesIn } from './names.ts';
import { terms } from './terms.ts';

/** A fact with what it is about. */
export interface LinkedFact {
  readonly fact: StoredFact;
  readonly terms: ReadonlySet<string>;
  readonly names: readonly string[];
}

/** A fact at one of the times at which it was said. */
export interface Occurrence {
  readonly fact: StoredFact;
  readonly at: number;
}

/** Words of the query that are followed: of names before others, the rarest first. */
const SEEDS = 2;
/** Newest facts about them whose other names are followed, and facts looked at in all. */
const FOLLOWED = 3;
const MOST_DIRECT = 200;

/** What makes a sentence an answer to a question of this kind. */
const FITTING: Readonly<Record<string, RegExp>> = {
  where: /\b(?:to|in|into|at|inside|near|from)\b/i,
  when: /\d|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b(?:january|february|march|april|may|june|july|august|september|october|november|december|yesterday|today|tomorrow|morning|evening)\b/i,
};

/**
 * What a query is about, followed one step: the newest facts that hold its rarest words, each followed by what is known now of
 * the other names in it, and by what was known just before it. `holding` says how many facts hold a term.
 */
export function relatedOccurrences(
  query: string,
  facts: readonly LinkedFact[],
  holding: (term: string) => number,
  before: number,
): Occurrence[] {
  const asked = new Set(terms(query));
  const named = new Set(namesIn(query).flatMap((name) => terms(name)));
  const seeds = [...asked]
    .filter((term) => holding(term) > 0)
    .sort((a, b) => Number(named.has(b)) - Number(named.has(a)) || holding(a) - holding(b))
    .slice(0, SEEDS);
  const rarity = new Map([...asked].map((term) => [term, Math.log(1 + facts.length / (holding(term) + 1))]));
  const occurrences = facts
    .flatMap((entry) => entry.fact.times.filter((at) => at <= before).map((at) => ({ ...entry, at })))
    .sort((a, b) => b.at - a.at);
  const direct = occurrences
    .filter((entry) => seeds.some((seed) => entry.terms.has(seed)))
    .map((entry) => ({ ...entry, shared: sharedRarity(rarity, entry.terms) }))
    .sort((a, b) => b.shared - a.shared) // a stable sort: among equals the newest stays first
    .slice(0, MOST_DIRECT);
  const directFacts = new Set(direct.map(({ fact }) => fact.id));
  const fits = FITTING[/^\W{0,4}(\w{1,10})/.exec(query)?.[1]?.toLowerCase() ?? ''] ?? /(?:)/;

  const related = new Map<string, Occurrence>();
  const take = (occurrence: Occurrence | undefined) => {
    if (occurrence)
      related.set(`${occurrence.fact.id}@${occurrence.at}`, { fact: occurrence.fact, at: occurrence.at });
  };
  for (const entry of direct.slice(0, FOLLOWED)) {
    take(entry);
    for (const name of entry.names) {
      if (name.split(' ').some((word) => asked.has(word))) continue;
      const about = occurrences.filter(
        ({ fact, names }) => names.includes(name) && !directFacts.has(fact.id) && fits.test(fact.text),
      );
      take(about[0]);
      take(about.find(({ at }) => at < entry.at));
    }
  }
  for (const entry of direct) take(entry);
  return [...related.values()];
}

/** How much two texts share, counting rare terms for more. */
function sharedRarity(rarity: ReadonlyMap<string, number>, held: ReadonlySet<string>): number {
  let sum = 0;
  for (const [term, weight] of rarity) if (held.has(term)) sum += weight;
  return sum;
}
