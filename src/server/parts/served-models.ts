import { nearest } from '../../catalog/entries.ts';
import type { Pantry, Recipe } from '../../catalog/methods.ts';
import { methodEntries, methodName, openPantry, parseMethod, recipeFacts } from '../../catalog/methods.ts';
import type { AnswerField } from '../../core/catalog-entry.ts';
import { InputError } from '../../core/errors.ts';
import type { Model } from '../../core/model.ts';
import { ApiError } from './api-error.ts';
import type { Going } from './meter.ts';

/** A model that is served. */
export interface ServedModel {
  readonly id: string;
  /** Other names it answers to. */
  readonly aliases?: readonly string[];
  /** For answers that are watched as they come. */
  readonly live: Model;
  /** For answers that are given whole: a broken call can be tried again. Default `live`. */
  readonly whole?: Model;
  /** Where its API lies, for what is passed through unread. */
  readonly upstream?: { readonly baseUrl: string; readonly apiKey?: string; readonly model: string };
  /** False where nobody knows what it costs: keys with a limit in usd may not use it. Default true. */
  readonly priced?: boolean;
  close?(): Promise<void>;
}

/** What a request is put to: a model, with a method or without. */
export interface Target {
  readonly served: ServedModel;
  readonly going: Going;
  readonly method?: {
    readonly name: string; // with full names
    readonly recipe: Recipe;
    readonly samples: number;
    readonly cannot: readonly AnswerField[];
    readonly oneCall: boolean;
  };
}

/** Names said in a 404. */
const MOST_NAMES = 5;
/** Combinations of model and method whose names are remembered. */
const MOST_REMEMBERED = 1_000;

export interface ServedModelsOptions {
  readonly models: readonly ServedModel[];
  /** Methods listed with each model; every other one works as well. */
  readonly methods: readonly string[];
  /** Whether a model that is not known means the first one. */
  readonly anyModel?: boolean;
  /** Opens what methods are built from when the first of them is. Default: what the catalog has by itself. */
  readonly pantry?: () => Promise<Pantry>;
}

/** Finds models and methods by the names that clients use. */
export class ServedModels {
  readonly list: readonly ServedModel[];
  readonly methods: readonly string[];
  readonly #byName = new Map<string, ServedModel>();
  readonly #goings = new Map<ServedModel, Going>();
  readonly #remembered = new Map<string, Target>();
  readonly #anyModel: boolean;
  readonly #openPantry: () => Promise<Pantry>;
  #pantry: Promise<Pantry> | undefined;

  constructor({ models, methods, anyModel = false, pantry = openPantry }: ServedModelsOptions) {
    if (models.length === 0) throw new InputError('A server needs at least one model');
    this.list = models;
    this.methods = methods;
    this.#anyModel = anyModel;
    this.#openPantry = pantry;
    for (const model of models) {
      this.#goings.set(model, { tokens: 0, usd: 0 });
      if (this.#byName.has(model.id)) throw new InputError(`The model ${model.id} is given twice`);
      this.#byName.set(model.id, model);
    }
    for (const model of models)
      for (const alias of model.aliases ?? []) if (!this.#byName.has(alias)) this.#byName.set(alias, model);
  }

  /** What methods are built from. */
  pantry(): Promise<Pantry> {
    this.#pantry ??= this.#openPantry();
    return this.#pantry;
  }

  /** Every id that /v1/models lists. */
  ids(): readonly string[] {
    return this.list.flatMap(({ id }) => [id, ...this.methods.map((method) => `${id}+${method}`)]);
  }

  /**
   * The model and method that an id names: `model`, `model+method`, or optillm's `method-model`; `method` says it apart.
   * Throws 404 with near names, 400 for a method that is none, or for two methods.
   */
  async find(id: string, method: string | undefined): Promise<Target> {
    const key = `${id}\n${method ?? ''}`;
    const known = this.#remembered.get(key);
    if (known) return known;
    const { served, spec } = await this.#read(id);
    if (spec !== undefined && method !== undefined && method !== spec)
      throw new ApiError(
        400,
        `The model ${id} names the method ${spec}, and the request names ${method}; name one`,
        {
          param: 'model',
          code: 'invalid_value',
        },
      );
    const target = await this.#target(served, spec ?? method);
    if (this.#remembered.size >= MOST_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(key, target);
    return target;
  }

  async close(): Promise<void> {
    await (await this.#pantry)?.close();
    await Promise.all(this.list.map((model) => model.close?.()));
  }

  async #read(id: string): Promise<{ served: ServedModel; spec?: string }> {
    const whole = this.#byName.get(id);
    if (whole) return { served: whole };
    for (let at = id.indexOf('+'); at > 0; at = id.indexOf('+', at + 1)) {
      const served = this.#byName.get(id.slice(0, at));
      if (served) return { served, spec: id.slice(at + 1) };
    }
    const names = [...(await methodEntries()).values()].flatMap(({ name, aliases }) => [name, ...aliases]);
    for (const name of names) {
      const slug = [name, name.replaceAll('-', '_')].find((form) => id.startsWith(`${form}-`));
      const served = slug === undefined ? undefined : this.#byName.get(id.slice(slug.length + 1));
      if (served) return { served, spec: name };
    }
    const plus = id.indexOf('+');
    if (this.#anyModel) {
      const served = this.list[0] as ServedModel;
      return plus < 0 ? { served } : { served, spec: id.slice(plus + 1) };
    }
    const near = nearest([...this.#byName.keys()], plus < 0 ? id : id.slice(0, plus), MOST_NAMES);
    throw new ApiError(404, `There is no model ${JSON.stringify(id)}; the nearest are ${near.join(', ')}`, {
      param: 'model',
      code: 'model_not_found',
    });
  }

  async #target(served: ServedModel, spec: string | undefined): Promise<Target> {
    const going = this.#goings.get(served) as Going;
    if (spec === undefined || spec === 'none') return { served, going };
    try {
      // optillm writes self_consistency
      const recipe = await parseMethod(/^[a-z_]+$/.test(spec) ? spec.replaceAll('_', '-') : spec);
      const method = { recipe, name: await methodName(recipe), ...(await recipeFacts(recipe)) };
      return { served, going, method };
    } catch (cause) {
      if (!(cause instanceof InputError)) throw cause;
      throw new ApiError(400, cause.message, { param: 'model', code: 'method_not_found', cause });
    }
  }
}
