import type { Json } from './model.ts';

/** Problems told at once; a model repairs these before it hears of more. */
const MOST_PROBLEMS = 5;
/** Values and schemas looked at; deeper and larger ones are refused or taken on trust. */
const MOST_DEPTH = 32;
const MOST_VISITS = 20_000;
const SHOWN_CHARACTERS = 60;

type JsonObject = { readonly [key: string]: Json };

/**
 * What is wrong with a tool's input by its JSON Schema, in words for the model; empty when all is well. Types, enum, const,
 * properties, required, additionalProperties, items, bounds, anyOf, oneOf, allOf and local $ref are checked. Patterns and formats
 * are not: they would run expressions that somebody else wrote.
 */
export function inputProblems(schema: Json, input: Json): string[] {
  const check = new Check(schema);
  check.value(schema, input, '', 0);
  return check.problems.slice(0, MOST_PROBLEMS);
}

class Check {
  readonly problems: string[] = [];
  readonly #root: Json;
  #visits = 0;

  constructor(root: Json) {
    this.#root = root;
  }

  value(schema: Json, value: Json, place: string, depth: number): void {
    if (this.problems.length >= MOST_PROBLEMS) return;
    if (depth > MOST_DEPTH || ++this.#visits > MOST_VISITS) {
      this.#wrong(place, 'is nested too deep or too large to check');
      return;
    }
    if (schema === false) this.#wrong(place, 'must not be there');
    if (!isObject(schema)) return;
    const target = typeof schema.$ref === 'string' ? resolve(this.#root, schema.$ref) : undefined;
    if (target !== undefined) this.value(target, value, place, depth + 1);
    this.#kind(schema, value, place);
    this.#bounds(schema, value, place);
    if (isObject(value)) this.#properties(schema, value, place, depth);
    if (Array.isArray(value) && schema.items !== undefined)
      for (const [index, item] of value.entries())
        this.value(schema.items, item, `${place}[${index}]`, depth + 1);
    this.#combinations(schema, value, place, depth);
  }

  #kind({ type, enum: options, const: only }: JsonObject, value: Json, place: string): void {
    const types = (Array.isArray(type) ? type : [type]).filter((name) => typeof name === 'string');
    if (types.length > 0 && !types.some((name) => hasType(value, name as string)))
      this.#wrong(place, `must be ${types.join(' or ')}, not ${shown(value)}`);
    if (Array.isArray(options) && !options.some((option) => same(option, value)))
      this.#wrong(place, `must be one of ${options.slice(0, 20).map(shown).join(', ')}, not ${shown(value)}`);
    if (only !== undefined && !same(only, value))
      this.#wrong(place, `must be ${shown(only)}, not ${shown(value)}`);
  }

  #bounds(schema: JsonObject, value: Json, place: string): void {
    const bound = (name: string) => (typeof schema[name] === 'number' ? schema[name] : undefined);
    const within = (measured: number, least: string, most: string, what: string) => {
      const [low, high] = [bound(least), bound(most)];
      if (low !== undefined && measured < low)
        this.#wrong(place, `has ${what}${measured}; the least is ${low}`);
      if (high !== undefined && measured > high)
        this.#wrong(place, `has ${what}${measured}; the most is ${high}`);
    };
    if (typeof value === 'string') within(value.length, 'minLength', 'maxLength', 'the length ');
    if (Array.isArray(value)) within(value.length, 'minItems', 'maxItems', 'the length ');
    if (typeof value !== 'number') return;
    within(value, 'minimum', 'maximum', 'the value ');
    const [above, below] = [bound('exclusiveMinimum'), bound('exclusiveMaximum')];
    if (above !== undefined && value <= above) this.#wrong(place, `must be more than ${above}, not ${value}`);
    if (below !== undefined && value >= below) this.#wrong(place, `must be less than ${below}, not ${value}`);
  }

  #properties(schema: JsonObject, value: JsonObject, place: string, depth: number): void {
    const properties = isObject(schema.properties) ? schema.properties : {};
    const at = (key: string) => (place === '' ? key : `${place}.${key}`);
    for (const key of Array.isArray(schema.required) ? schema.required : [])
      if (typeof key === 'string' && !Object.hasOwn(value, key)) this.#wrong(at(key), 'is missing');
    for (const [key, item] of Object.entries(value)) {
      if (Object.hasOwn(properties, key)) this.value(properties[key] as Json, item, at(key), depth + 1);
      else if (schema.additionalProperties === false)
        this.#wrong(
          at(key.slice(0, SHOWN_CHARACTERS)),
          `is not known; there are ${Object.keys(properties).join(', ')}`,
        );
      else if (schema.additionalProperties !== undefined)
        this.value(schema.additionalProperties, item, at(key), depth + 1);
    }
  }

  #combinations({ anyOf, oneOf, allOf }: JsonObject, value: Json, place: string, depth: number): void {
    for (const part of Array.isArray(allOf) ? allOf : []) this.value(part, value, place, depth + 1);
    for (const parts of [anyOf, oneOf]) {
      if (!Array.isArray(parts) || parts.length === 0) continue;
      const tries = parts.map((part) => this.#attempt(part, value, place, depth));
      if (tries.some((problems) => problems.length === 0)) continue; // oneOf is not held to exactly one
      const [fewest = []] = tries.toSorted((a, b) => a.length - b.length);
      this.problems.push(...fewest.slice(0, MOST_PROBLEMS));
    }
  }

  /** The problems of one alternative, which count only when all of them have some. */
  #attempt(schema: Json, value: Json, place: string, depth: number): string[] {
    const before = this.problems.length;
    this.value(schema, value, place, depth + 1);
    return this.problems.splice(before);
  }

  #wrong(place: string, what: string): void {
    this.problems.push(`${place === '' ? 'the input' : place} ${what}`);
  }
}

/** `#/$defs/name` within the schema; undefined for every other reference. */
function resolve(root: Json, reference: string): Json | undefined {
  const [, group = '', name = ''] = /^#\/(\$defs|definitions)\/([^/]+)$/.exec(reference) ?? [];
  const defined = isObject(root) && Object.hasOwn(root, group) ? root[group] : undefined;
  return isObject(defined) && Object.hasOwn(defined, name) ? defined[name] : undefined;
}

function hasType(value: Json, type: string): boolean {
  switch (type) {
    case 'integer':
      return Number.isInteger(value);
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
    case 'null':
      return value === null;
    default:
      return typeof value === type;
  }
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const same = (a: Json, b: Json) => JSON.stringify(a) === JSON.stringify(b);

function shown(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
