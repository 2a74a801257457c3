/** What is worth keeping of what was said, and when two statements say the same. Rules only: no model is asked. */
import { sentencesOf } from '../core/citations.ts';
import { namesIn } from './names.ts';
import { terms, words } from './terms.ts';

/** Who said something. What systems and tools say is never remembered. */
export type Speaker = 'user' | 'assistant' | 'document' | 'system' | 'tool';

/** Characters of a statement that are read, and of a fact that is kept. */
const STATEMENT_CHARACTERS = 20_000;
const FACT_CHARACTERS = 400;
/** Facts taken from one statement at the most. */
const MOST_FACTS = 50;
const LEAST_WORDS = 3;

const LEAD_IN =
  /^(?:(?:by the way|btw|fyi|just so you know|for your information|for the record|actually|also|well|so|hmm?|um|uh|oh|ok|okay|yes|no|you know|i think|i believe|i guess|as i said|as mentioned(?: before)?|remember(?: that)?|note(?: that)?|keep in mind(?: that)?|please remember(?: that)?|to be clear|again|and|but)\b[\s,:;–-]{1,4})/i;
const TALK =
  /^(?:hi|hey|hello|thanks|thank you|sure|great|good (?:morning|afternoon|evening|day|night|luck|to know)|welcome|you're welcome|sorry|no problem|of course|certainly|absolutely|got it|sounds good|nice|cool|perfect|bye|goodbye|see you|cheers|congratulations|let me|let's|here (?:is|are)|here's|i'd be happy|i am happy to help|i'm happy to help|happy to|glad to|feel free|hope (?:this|that)|i hope (?:this|that)|is there anything|anything else|as an ai|as a language model|i'm an ai|i am an ai|i cannot|i can't help|i'm sorry|i apologi[sz]e|i understand|i see|i'll |i will now|one moment|please|kindly|ignore|disregard|forget|do not|don't|never|always|you are|you must|you should|you may|you can|can you|could you|would you|will you|write|show|tell|give|make|explain|summari[sz]e|translate|list|find|search|run|call|use|open|click|follow|respond|answer|act as|pretend|repeat|print|output|send|delete|execute|fetch|read|see|refer|check|step \d|note:|warning:|error:|tip:|example:)/i;
const RECORD =
  /^(?:[[{<|#=*`~>-]|\d{4}-\d\d-\d\d[t ]|\d\d:\d\d|(?:info|debug|warn|error|trace|fatal|get|post|put|http|https|curl|npm|git|at)\b[ :/[(]|[a-z_]+[=:]\S)/i;

/**
 * The facts in a statement: sentences that assert something about somebody or something named, counted, or the speaker's own.
 * Questions, requests, instructions, courtesies, listings and records are none, so most statements give nothing.
 */
export function factsIn(text: string, speaker: Speaker): string[] {
  if (speaker === 'system' || speaker === 'tool') return [];
  const facts: string[] = [];
  let listing = false;
  for (const line of text.slice(0, STATEMENT_CHARACTERS).split('\n')) {
    if (/^\s{0,3}(?:```|~~~)/.test(line)) listing = !listing;
    else if (!listing)
      for (const sentence of sentencesOf(line)) {
        const fact = factOf(sentence, speaker);
        if (fact !== undefined && facts.length < MOST_FACTS) facts.push(fact);
      }
  }
  return facts;
}

function factOf(sentence: string, speaker: Speaker): string | undefined {
  let fact = sentence.trim();
  if (fact.length > FACT_CHARACTERS || fact.endsWith('?') || RECORD.test(fact)) return undefined;
  for (let rounds = 0; rounds < 3 && LEAD_IN.test(fact); rounds++) fact = fact.replace(LEAD_IN, '').trim();
  if (TALK.test(fact)) return undefined;
  const said = words(fact);
  if (said.length < LEAST_WORDS || terms(fact).length < 2) return undefined;
  const ownMatter =
    speaker === 'user' && said.some((word) => ['i', 'my', 'me', 'we', 'our', 'mine'].includes(word));
  if (!ownMatter && !/\d/.test(fact) && namesIn(fact).length === 0) return undefined;
  return fact[0]?.toUpperCase() + fact.slice(1);
}

/** What has to agree for two facts to be one. */
export interface Fingerprint {
  readonly names: string; // in their order
  readonly numbers: string;
  readonly negative: boolean;
  readonly terms: ReadonlySet<string>; // without names, numbers and words that add nothing
}

const NEGATIONS = new Set([
  'not',
  'no',
  'never',
  'nobody',
  'nothing',
  'none',
  'without',
  'cannot',
  'neither',
]);
const EMPTY_WORDS = new Set(
  'really very just also actually quite indeed definitely certainly basically simply currently now still think believe know remember said say saying tell told mention mentioned please called named about already always usually well'.split(
    ' ',
  ),
);

/** The fingerprint of a fact. `In 2019, Ann moved` and `Ann moved in 2019` have the same. */
export function fingerprint(fact: string): Fingerprint {
  const turned = fact.replace(
    /^(In|On|At|Since|From|During|By) ([^,.]{1,40}), (.{1,400}?)[.!…]?$/s,
    (_, first: string, rest: string, main: string) => `${main} ${first.toLowerCase()} ${rest}`,
  );
  const names = namesIn(turned);
  const nameWords = new Set(names.flatMap((name) => name.split(' ')));
  const said = words(turned);
  const rest = terms(turned).filter(
    (term) => !nameWords.has(term) && !/\d/.test(term) && !EMPTY_WORDS.has(term),
  );
  return {
    names: names.join('|'),
    numbers: said
      .filter((word) => /\d/.test(word))
      .sort()
      .join('|'),
    negative: said.filter((word) => NEGATIONS.has(word)).length % 2 === 1,
    terms: new Set(rest.filter((term) => !NEGATIONS.has(term))),
  };
}

/**
 * Whether two facts say the same: equal names in equal order, equal numbers, both positive or both negative, and the same words
 * beside them, up to an ending or one letter. A different word means a different fact: losing one costs more than keeping two.
 */
export function sameFact(a: Fingerprint, b: Fingerprint): boolean {
  if (a.names !== b.names || a.numbers !== b.numbers || a.negative !== b.negative) return false;
  const [onlyA, onlyB] = [
    [...a.terms].filter((term) => !b.terms.has(term)),
    [...b.terms].filter((term) => !a.terms.has(term)),
  ];
  if (onlyA.length !== onlyB.length) return false;
  return onlyA.every((term) => {
    const partner = onlyB.findIndex((other) => sameWord(term, other));
    if (partner < 0) return false;
    onlyB.splice(partner, 1);
    return true;
  });
}

/** Equal up to an ending (`moved`, `moves`), a letter typed twice or, in longer words, another letter or two exchanged. */
function sameWord(one: string, other: string): boolean {
  const [a, b] = [one.replace(/(.)\1/gu, '$1'), other.replace(/(.)\1/gu, '$1')];
  let shared = 0;
  while (shared < Math.min(a.length, b.length) && a[shared] === b[shared]) shared++;
  const ending = (word: string) => /^(?:e|es|s|d|ed|er|ing|ly|al)?$/.test(word.slice(shared));
  if (shared >= 3 && ending(a) && ending(b)) return true;
  if (Math.min(a.length, b.length) < 5) return false;
  const [restA, restB] = [a.slice(shared), b.slice(shared)];
  return (
    restA.slice(1) === restB.slice(1) ||
    restA.slice(1) === restB ||
    restA === restB.slice(1) ||
    (restA[0] === restB[1] && restA[1] === restB[0] && restA.slice(2) === restB.slice(2))
  );
}
