import type { AnswerField, MethodEntry, SampleSettings } from '../core/catalog-entry.ts';
import { InputError } from '../core/errors.ts';
import type { Interpreter } from '../core/interpreter.ts';
import type { Method } from '../core/method.ts';
import type { Model } from '../core/model.ts';
import type { Question } from '../core/problem.ts';
import type { Retriever } from '../core/retriever.ts';
import type { Solver } from '../core/solver.ts';
import type { ToolUse } from '../core/tool-use.ts';
import type { Verifier } from '../core/verifier.ts';
import { entriesOf, pick } from './entries.ts';
import { defaults, readOptions, readPairs } from './options.ts';

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
  /** Finds passages for the methods that look something up. */
  readonly retriever?: Retriever;
  readonly solver?: () => Solver;
  /** For the methods that call tools. */
  readonly toolUse?: ToolUse;
}

let methods: Promise<Map<string, MethodEntry>> | undefined;

/** Every method of the catalog by name. */
export function methodEntries(): Promise<Map<string, MethodEntry>> {
  methods ??= entriesOf<MethodEntry>('methods');
  return methods;
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
  const entry = pick(await methodEntries(), name, 'method');
  const options: Record<string, string> = {};
  if (count !== undefined) {
    if (!entry.count)
      throw new InputError(`Method ${entry.name} takes no @count; "${spec}" gives it ${count}`);
    options[entry.count] = count;
  }
  Object.assign(options, readPairs(settings, spec));
  if (inside !== undefined && !entry.wraps)
    throw new InputError(`Method ${entry.name} takes no inner method; "${spec}" puts ${inside} into it`);
  return {
    method: entry.name,
    ...readOptions(entry, options),
    ...(inside !== undefined && { over: await parseMethod(inside) }),
  };
}

/** Builds a recipe. Throws InputError for an option, method or ingredient that is not there. */
export async function buildMethod(recipe: Recipe, ingredients: Ingredients): Promise<Method> {
  return (await methodBuilder(recipe))(ingredients);
}

/** What builds a recipe again and again, from other ingredients each time. */
export async function methodBuilder(recipe: Recipe): Promise<(ingredients: Ingredients) => Method> {
  const all = await methodEntries();
  const build = (
    { method, over, ...given }: Recipe,
    settings: SampleSettings,
    ingredients: Ingredients,
  ): Method => {
    const entry = pick(all, method, 'method');
    return entry.build(
      { ...defaults(entry), ...readOptions(entry, given) },
      {
        model: ingredients.model,
        settings,
        inner: (name, wanted) => build(over ?? { method: name }, { ...settings, ...wanted }, ingredients),
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
        has: (part) => ingredients[part === 'tools' ? 'toolUse' : part] !== undefined,
        toolUse() {
          if (!ingredients.toolUse)
            throw new InputError(`Method ${entry.name} calls tools; give it some: --tools calculator,python`);
          return ingredients.toolUse;
        },
        solver() {
          const found = ingredients.solver?.();
          if (!found) throw new InputError(`Method ${entry.name} needs a solver, and none was given`);
          return found;
        },
        retriever() {
          if (!ingredients.retriever)
            throw new InputError(
              `Method ${entry.name} looks passages up; make an index (reckon index <folder>) and give --knowledge`,
            );
          return ingredients.retriever;
        },
      },
    );
  };
  return (ingredients) => build(recipe, {}, ingredients);
}

/** What recipes are built from, whatever the model: one sandbox for all, which starts when a method first needs it. */
export interface Pantry {
  with(model: Model): Ingredients;
  close(): Promise<void>;
}

/** What the user gives every method of a run. */
export interface PantryOptions {
  readonly retriever?: Retriever;
  readonly toolUse?: ToolUse;
}

/** Opens what the methods of a run share. */
export async function openPantry({ retriever, toolUse }: PantryOptions = {}): Promise<Pantry> {
  const { expression } = await import('../verifiers/expression.ts');
  const { judge } = await import('../verifiers/judge.ts');
  const { solvers } = await import('../symbolic/solvers.ts');
  const interpreter = lazyPython();
  const solver = solvers();
  return {
    with: (model) => ({
      model,
      interpreter: () => interpreter,
      verifier: (name) => (name === 'expression' ? expression() : judge({ model })),
      ...(retriever && { retriever }),
      ...(toolUse && { toolUse }),
      solver: () => solver,
    }),
    close: async () => {
      await Promise.all([interpreter.close(), solver.close()]);
    },
  };
}

/** Methods by spec, sharing one sandbox. With a retriever every one of them answers from passages. */
export async function openMethods(
  specs: readonly string[],
  model: Model,
  options: PantryOptions = {},
): Promise<{ list: { name: string; method: Method }[]; close(): Promise<void> }> {
  const parsed = await Promise.all(specs.map(parseMethod));
  if (options.toolUse) for (const recipe of parsed) await checkUsesTools(recipe);
  const recipes = options.retriever ? await Promise.all(parsed.map(withPassages)) : parsed;
  const pantry = await openPantry(options);
  const list = await Promise.all(
    recipes.map(async (recipe) => ({
      name: await methodName(recipe),
      method: await buildMethod(recipe, pantry.with(model)),
    })),
  );
  return { list, close: () => pantry.close() };
}

/** Throws InputError for a recipe of which no part calls tools. */
async function checkUsesTools(recipe: Recipe): Promise<void> {
  const all = await methodEntries();
  for (let part: Recipe | undefined = recipe; part; part = part.over)
    if (pick(all, part.method, 'method').usesTools) return;
  const able = [...all.values()].filter(({ usesTools }) => usesTools).map(({ name }) => name);
  throw new InputError(`Method ${recipe.method} calls no tools; those that do are ${able.join(' and ')}`);
}

/** A recipe that answers from passages: itself where a part of it looks them up, else inside retrieve-then-read. */
export async function withPassages(recipe: Recipe): Promise<Recipe> {
  const all = await methodEntries();
  for (let part: Recipe | undefined = recipe; part; part = part.over)
    if (pick(all, part.method, 'method').retrieves) return recipe;
  return { method: 'retrieve-then-read', over: recipe };
}

/** A recipe as a spec with full names: `self-consistency@16(program-aided)`. Equal recipes have equal names. */
export async function methodName(recipe: Recipe): Promise<string> {
  return nameOf(recipe, await methodEntries());
}

/** What a recipe asks of one question, and what its answers cannot have. */
export async function recipeFacts(
  recipe: Recipe,
): Promise<{ readonly samples: number; readonly cannot: readonly AnswerField[]; readonly oneCall: boolean }> {
  const all = await methodEntries();
  let samples = 1;
  const cannot = new Set<AnswerField>();
  for (let part: Recipe | undefined = recipe; part; part = part.over) {
    const entry = pick(all, part.method, 'method');
    if (entry.count === 'samples')
      samples *= Number(part[entry.count] ?? entry.options.samples?.default ?? 1);
    for (const field of entry.cannot ?? []) cannot.add(field);
  }
  const { oneCall = false } = pick(all, recipe.method, 'method');
  return { samples, cannot: [...cannot], oneCall };
}

function nameOf({ method, over, ...given }: Recipe, all: ReadonlyMap<string, MethodEntry>): string {
  const { count } = pick(all, method, 'method');
  const at = count !== undefined && given[count] !== undefined ? `@${given[count]}` : '';
  const others = Object.entries(given)
    .filter(([option]) => option !== count)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([option, value]) => `${option}=${value}`);
  return `${method}${at}${over ? `(${nameOf(over, all)})` : ''}${others.length > 0 ? `{${others.join(',')}}` : ''}`;
}

/** The Python sandbox, loaded when the first program comes. */
function lazyPython(): Interpreter {
  let opened: Promise<Interpreter> | undefined;
  return {
    language: 'python',
    async execute(code, options) {
      opened ??= import('../tools/python.ts').then(({ python }) => python());
      return (await opened).execute(code, options);
    },
    close: async () => (await opened)?.close(),
  };
}
