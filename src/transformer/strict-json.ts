/** A JSON object whose keys are only what the text holds: look keys up with `Object.hasOwn` or `Object.entries`. */
export type JsonObject = { readonly [key: string]: unknown };

/** Deepest nesting that is read: nothing in a checkpoint comes near it. */
const DEEPEST = 64;

/**
 * The object in a JSON text. Refuses with SyntaxError what `JSON.parse` lets pass: a key that occurs twice (the second
 * would win silently), nesting beyond 64 levels, and a value that is no object.
 */
export function parseStrictJson(text: string): JsonObject {
  checkNesting(text);
  const value: unknown = JSON.parse(text);
  if (!isJsonObject(value)) throw new SyntaxError('it holds no JSON object');
  checkKeys(text);
  return value;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value of an own key; never what the prototype has under that name. */
export function own(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function checkNesting(text: string): void {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at);
    else if (character === '{' || character === '[') {
      if (++depth > DEEPEST) throw new SyntaxError(`it nests deeper than ${DEEPEST} levels`);
    } else if (character === '}' || character === ']') depth--;
  }
}

/** Walks a text that `JSON.parse` has accepted: a string right before a colon is a key of the innermost object. */
function checkKeys(text: string): void {
  const open: (Set<string> | undefined)[] = []; // undefined for an array
  let last = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      const end = endOfString(text, at);
      last = text.slice(at, end + 1);
      at = end;
    } else if (character === '{') open.push(new Set());
    else if (character === '[') open.push(undefined);
    else if (character === '}' || character === ']') open.pop();
    else if (character === ':') {
      const key = JSON.parse(last) as string; // "a" and "\u0061" are the same key
      const keys = open.at(-1);
      if (keys?.has(key)) throw new SyntaxError(`the key ${JSON.stringify(key.slice(0, 80))} occurs twice`);
      keys?.add(key);
    }
  }
}

/** Index of the quote that closes the string opened at `start`, or of the end of the text. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at;
  }
  return text.length;
}
