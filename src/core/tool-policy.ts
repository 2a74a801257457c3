import type { Json } from './model.ts';
import type { Tool } from './tool.ts';

/** A call that a model asks for, before it is made. */
export interface ToolRequest {
  readonly tool: Tool;
  readonly input: Json;
  /** Text from outside (passages, tool results, memory) stood in the prompt, so the wish may not be the user's. */
  readonly exposed: boolean;
  /** Every text and number of the input stands in the user's own words, so whoever wished it chose nothing but among them. */
  readonly quoted: boolean;
}

/** Decides in code which calls a model may make: true, or the reason why not, which the model is told. */
export type ToolPolicy = (request: ToolRequest) => true | string;

export interface InformationFlowOptions {
  /** Names of the tools that may run. Absent: every tool of the run. */
  readonly allow?: readonly string[];
  /** Names of those that may send or change something even after text from outside was read. Default none. */
  readonly afterOutsideText?: readonly string[];
}

/**
 * The rule of information flow: tools that stay inside run at any time. Once text from outside has been read, one that reads
 * elsewhere may be sent only what the user wrote, and one that acts may not run, unless the user allows it by name.
 */
export function informationFlow({ allow, afterOutsideText = [] }: InformationFlowOptions = {}): ToolPolicy {
  const allowed = allow && new Set(allow);
  const trusted = new Set(afterOutsideText);
  return ({ tool: { name, reach = 'acts' }, exposed, quoted }) => {
    if (allowed && !allowed.has(name)) return `the tool ${name} is not allowed here`;
    if (!exposed || trusted.has(name)) return true;
    switch (reach) {
      case 'inside':
        return true;
      case 'reads':
        return (
          quoted ||
          `text from outside has been read, so the tool ${name} may only be given what the user wrote, word for word`
        );
      case 'acts':
        return `text from outside has been read, so the tool ${name}, which may change something, is closed`;
      default:
        return reach satisfies never;
    }
  };
}

/** Places looked at for one text; a text that stands there more often than that is found soon. */
const MOST_PLACES = 1_000;

/** Whether every text and number of a tool's input stands as a whole in `words`, and every key is known or stands there. */
export function isQuoted(input: Json, words: string, knownKeys: readonly string[] = []): boolean {
  switch (typeof input) {
    case 'string':
      return input === '' || standsIn(input, words);
    case 'number':
      return standsIn(String(input), words);
    case 'boolean':
      return true;
    default:
      if (input === null) return true;
      if (Array.isArray(input)) return input.every((item) => isQuoted(item, words, knownKeys));
      return Object.entries(input).every(
        ([key, value]) =>
          (knownKeys.includes(key) || standsIn(key, words)) && isQuoted(value, words, knownKeys),
      );
  }
}

/** As a whole: a part of an address or of a word says something that was not said. */
function standsIn(text: string, words: string): boolean {
  let at = -1;
  for (let places = 0; places < MOST_PLACES; places++) {
    at = words.indexOf(text, at + 1);
    if (at < 0) return false;
    const before = words.slice(Math.max(0, at - 1), at);
    const after = words.slice(at + text.length, at + text.length + 2);
    if (/^[\s"'`<([{,]?$/.test(before) && /^(?:$|[\s"'`>)\]},]|[.,;:!?](?:$|[\s"'`>)\]}]))/.test(after))
      return true;
  }
  return false;
}
