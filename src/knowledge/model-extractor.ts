import { InputError } from '../core/errors.ts';
import type { Model } from '../core/model.ts';
import { framePassages, PASSAGES_ARE_DATA } from '../core/passages-prompt.ts';
import type { Passage } from '../core/retriever.ts';
import type { Extraction, Extractor, Triple } from './extraction.ts';
import { namesIn, phraseKey } from './names.ts';

export interface ModelExtractorOptions {
  readonly model: Model;
  readonly triples?: number; // asked for per passage at the most, 1 to 64; default 12
}

const MOST_TRIPLES = 64;
/** Longest subject, relation or object that is taken, in characters. */
const PART_CHARACTERS = 120;
/** Completion tokens that one fact needs, with room. */
const TOKENS_PER_TRIPLE = 32;

/**
 * Entities and relations read by a model: one call per passage. A fact counts only when its subject and object stand in the
 * passage, so that neither an invention nor an instruction in the text adds what is not there.
 */
export function modelExtractor({ model, triples: most = 12 }: ModelExtractorOptions): Extractor {
  if (!Number.isInteger(most) || most < 1 || most > MOST_TRIPLES)
    throw new InputError(`${most} triples were asked for; ask for a whole number from 1 to ${MOST_TRIPLES}`);
  return {
    name: `model-extractor(${model.id})`,
    asksModel: true,
    async extract(passage, run): Promise<Extraction> {
      if (!run)
        throw new InputError(
          'Reading facts by a model needs a run to pay for it; give one, or use the name extractor',
        );
      const { text } = await run.sample(model, {
        messages: [
          { role: 'system', text: PASSAGES_ARE_DATA },
          {
            role: 'user',
            text: `${framePassages([{ passage, score: 1 }])}\n\nList at most ${most} facts that the passage states, one a line, as: subject | relation | object. Name subjects and objects with words of the passage.`,
          },
        ],
        temperature: 0,
        maxTokens: most * TOKENS_PER_TRIPLE,
      });
      const triples = readTripleLines(text, passage).slice(0, most);
      const phrases = new Set([...namesIn(passage.text), ...triples.flatMap(endsOf)]);
      return { phrases: [...phrases], triples };
    },
  };
}

/** The facts on the lines of a reply whose ends stand in the passage. */
function readTripleLines(reply: string, passage: Passage): Triple[] {
  const held = ` ${phraseKey(`${passage.title ?? ''} ${passage.text}`)} `;
  return reply.split('\n', 4 * MOST_TRIPLES).flatMap((line) => {
    const parts = line.split('|').map((part) => part.replace(/^[\s\d.)*-]+/, '').trim());
    const [subject = '', relation = '', object = ''] = parts;
    if (parts.length !== 3 || parts.some((part) => part === '' || part.length > PART_CHARACTERS)) return [];
    const triple = { subject, relation, object };
    return endsOf(triple).every((key) => key !== '' && held.includes(` ${key} `)) ? [triple] : [];
  });
}

function endsOf({ subject, object }: Triple): string[] {
  return [phraseKey(subject), phraseKey(object)];
}
