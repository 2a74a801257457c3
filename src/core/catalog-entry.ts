import type { Interpreter } from './interpreter.ts';
import type { Method } from './method.ts';
import type { Model } from './model.ts';
import type { Dataset, Question, Split } from './problem.ts';
import type { Retriever } from './retriever.ts';
import type { Solver } from './solver.ts';
import type { ToolUse } from './tool-use.ts';
import type { Verifier } from './verifier.ts';

/** One option of an ingredient as a recipe or the command line may give it. */
export interface OptionSpec {
  readonly summary: string;
  readonly default?: string | number | boolean;
  /** A whole number, a number, a flag, or one of some words. */
  readonly type: 'integer' | 'number' | 'boolean' | readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
}

export type OptionValues = { readonly [name: string]: string | number | boolean };

/** What a method may be built from. Each part is made when it is first asked for. */
export interface MethodParts {
  readonly model: Model;
  /** The method in parentheses, or `name` when none was given, with the settings its samples need. */
  inner(name: string, settings: SampleSettings): Method;
  verifier(name: string): Verifier<Question>;
  interpreter(): Interpreter;
  retriever(): Retriever;
  solver(): Solver;
  /** The tools of this run, and what may be done with them. */
  toolUse(): ToolUse;
  /** Whether the run was given this part, for methods that do with one of several. */
  has(part: 'retriever' | 'tools'): boolean;
  /** What the method around this one asks of its samples. Absent: the method's own defaults. */
  readonly settings: SampleSettings;
}

export interface SampleSettings {
  readonly temperature?: number;
  readonly logProbs?: boolean;
}

/** What a client may ask of a final answer beyond its text. */
export type AnswerField = 'tools' | 'format' | 'log-probabilities' | 'images';

/** A method as the catalog lists it: exported as `entry` by the file that holds the method. */
export interface MethodEntry {
  readonly name: string; // the file's name
  readonly summary: string;
  readonly paper: string; // authors, year, arXiv number
  readonly aliases: readonly string[];
  readonly calls: string; // model calls per question, in words
  readonly wraps: boolean; // takes a method in parentheses
  readonly count?: string; // the option that `@n` sets
  /** Looks passages up by itself, so that its model needs none before the question. Default false. */
  readonly retrieves?: boolean;
  /** Calls the tools of the run. Default false. */
  readonly usesTools?: boolean;
  /** Makes one call, and what that says is the answer: it may be read as it comes. Default false. */
  readonly oneCall?: boolean;
  /** What its final answer cannot have, whatever the client asks. Absent: it can have everything. */
  readonly cannot?: readonly AnswerField[];
  readonly options: { readonly [name: string]: OptionSpec };
  build(options: OptionValues, parts: MethodParts): Method;
}

/** Where a published dataset lies on the Hugging Face hub. */
export interface HubLocation {
  readonly id: string; // organisation/name
  readonly config: string; // the folder of one configuration
  readonly splits: readonly Split[];
}

/** Where the rows of a dataset come from. Absent path: the hub, or a generator. */
export interface DatasetSource {
  readonly path?: string; // a file, a folder with a file per split, or hf:organisation/name
  readonly revision?: string; // branch or commit on the hub
}

/** A dataset as the catalog lists it: exported as `entry` by the file that holds the dataset. */
export interface DatasetEntry {
  readonly name: string; // the file's name
  readonly summary: string;
  readonly aliases: readonly string[];
  readonly hub?: HubLocation; // absent: generated, or always a local file
  readonly columns: readonly string[]; // as published; none for generated questions
  readonly options: { readonly [name: string]: OptionSpec };
  build(options: OptionValues, source: DatasetSource): Dataset | Promise<Dataset>;
}
