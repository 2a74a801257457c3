import { readdirSync } from 'node:fs';
import type { MethodEntry, OptionValues, SampleSettings } from '../core/catalog-entry.ts';
import { InputError } from '../core/errors.ts';
import type { Interpreter } from '../core/interpreter.ts';
import type { Method } from '../core/method.ts';
import type { Model } from '../core/model.ts';
import type { Question } from '../core/problem.ts';
import type { Verifier } from '../core/verifier.ts';

/** A composition written as data: what reports store and the server lists. */
export interface Recipe {
  readonly method: string;
  readonly over?: Recipe;
  readonly [option: string]: string | number | boolean | Recipe | undefined;
}

/** What recipes are built from besides the model. */
export interface Ingredients {
  readonly model: Model;
  readonly interpreter?: () => Interpreter;
  readonly verifier?: (name: string) => Verifier<Question>;
}

const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

/** The modules of a folder of ingredients that export `entry`, by file name. */
async function entries<E>(folder: string): Promise<Map<string, E>> {
  const directory = new URL(`../${folder}/`, import.meta.url);
  const files = readdirSync(directory).filter(
    (file) => file.endsWith(extension) && !file.endsWith(`.test${extension}`) && !file.endsWith('.d.ts'),
  );
  const found = new Map<string, E>();
  for (const file of files.sort()) {
    const module = (await import(new URL(file, directory).href)) as { entry?: E };
    if (module.entry) found.set(file.slice(0, -extension.length), module.entry);
  }
  return found;
}

let methods: Promise<Map<string, MethodEntry>> | undefined;

/** Every method of the catalog by name. */
export function methodEntries(): Promise<Map<string, MethodEntry>> {
  methods ??= entries<MethodEntry>('methods');
  return methods;
}

/** An entry by name or alias. Throws InputError with the names there are, the nearest first. */
function pick(all: ReadonlyMap<string, MethodEntry>, name: string): MethodEntry {
  const found = all.get(name) ?? [...all.values()].find((entry) => entry.aliases.includes(name));
  if (found) return found;
  throw new InputError(`There is no method "${name}"; there are ${nameList(all.values(), name)}`);
}

/** Names with their first alias, the nearest to `wanted` first. */
function nameList(
  all: Iterable<{ readonly name: string; readonly aliases: readonly string[] }>,
  wanted: string,
): string {
  const distance = (entry: { name: string; aliases: readonly string[] }) =>
    Math.min(...[entry.name, ...entry.aliases].map((name) => editDistance(name, wanted)));
  return [...all]
    .toSorted((a, b) => distance(a) - distance(b))
    .map((entry) => (entry.aliases[0] ? `${entry.name} (${entry.aliases[0]})` : entry.name))
    .join(', ');
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

/** Longest method spec, in characters; also bounds how deep methods nest. */
const LONGEST_SPEC = 200;

/**
 * Reads a method spec: `cot`, `sc@16`, `sc@16(pal)`, `tot{breadth=5,search=depth-first}`. Throws InputError that shows where
 * it stopped making sense.
 */
export async function parseMethod(spec: string): Promise<Recipe> {
  if (spec.length > LONGEST_SPEC)
    throw new InputError(`A method spec has at most ${LONGEST_SPEC} characters; this one has ${spec.length}`);
  const parts = /^\s*([a-z][a-z0-9-]*)(?:@(\d{1,6}))?\s*(?:\((.*)\))?\s*(?:\{([^{}]*)\})?\s*$/.exec(spec);
  const [, name = '', count, inside, settings] = parts ?? [];
  if (!parts)
    throw new InputError(
      `Cannot read the method "${spec}"; write a name, with @count, (inner method) and {option=value,…} where wanted, like sc@16(pal)`,
    );
  const entry = pick(await methodEntries(), name);
  const options: Record<string, string> = {};
  if (count !== undefined) {
    if (!entry.count)
      throw new InputError(`Method ${entry.name} takes no @count; "${spec}" gives it ${count}`);
    options[entry.count] = count;
  }
  for (const pair of settings?.split(',').filter((text) => text.trim() !== '') ?? []) {
    const [key = '', value] = pair.split('=', 2).map((text) => text.trim());
    if (value === undefined)
      throw new InputError(`Option "${pair.trim()}" of "${spec}" has no value; write ${pair.trim()}=…`);
    options[key] = value;
  }
  if (inside !== undefined && !entry.wraps)
    throw new InputError(`Method ${entry.name} takes no inner method; "${spec}" puts ${inside} into it`);
  return {
    method: entry.name,
    ...readOptions(entry, options),
    ...(inside !== undefined && { over: await parseMethod(inside) }),
  };
}

/** Checks given options against the entry, converts them, and leaves defaults out. */
function readOptions(entry: MethodEntry, given: Readonly<Record<string, unknown>>): OptionValues {
  const values: Record<string, string | number | boolean> = {};
  for (const [name, raw] of Object.entries(given)) {
    const spec = Object.hasOwn(entry.options, name) ? entry.options[name] : undefined;
    if (!spec) {
      const known = Object.keys(entry.options).join(', ');
      throw new InputError(
        `Method ${entry.name} has no option "${name}"; ${known === '' ? 'it has none' : `it has ${known}`}`,
      );
    }
    const wrong = (wanted: string) =>
      new InputError(`Option ${name} of ${entry.name} is "${String(raw)}"; it must be ${wanted}`);
    if (typeof spec.type !== 'string') {
      if (!spec.type.includes(String(raw))) throw wrong(`one of ${spec.type.join(', ')}`);
      values[name] = String(raw);
    } else if (spec.type === 'boolean') {
      if (!['true', 'false'].includes(String(raw))) throw wrong('true or false');
      values[name] = String(raw) === 'true';
    } else {
      const value = Number(raw);
      const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = spec;
      const whole = spec.type === 'integer';
      if (!(value >= minimum && value <= maximum) || (whole && !Number.isInteger(value)))
        throw wrong(`a ${whole ? 'whole ' : ''}number from ${minimum} to ${maximum}`);
      values[name] = value;
    }
  }
  return values;
}

/** Builds a recipe. Throws InputError for an option, method or ingredient that is not there. */
export async function buildMethod(recipe: Recipe, ingredients: Ingredients): Promise<Method> {
  const all = await methodEntries();
  const build = ({ method, over, ...given }: Recipe, settings: SampleSettings): Method => {
    const entry = pick(all, method);
    const defaults = Object.entries(entry.options).map(([name, spec]) => [name, spec.default]);
    return entry.build(
      { ...Object.fromEntries(defaults), ...readOptions(entry, given) },
      {
        model: ingredients.model,
        settings,
        inner: (name, wanted) => build(over ?? { method: name }, { ...settings, ...wanted }),
        verifier(name) {
          const found = ingredients.verifier?.(name);
          if (!found) throw new InputError(`There is no verifier "${name}" for ${entry.name} to use`);
          return found;
        },
        interpreter() {
          const found = ingredients.interpreter?.();
          if (!found) throw new InputError(`Method ${entry.name} needs an interpreter, and none was given`);
          return found;
        },
      },
    );
  };
  return build(recipe, {});
}
