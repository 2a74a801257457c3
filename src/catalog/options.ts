import type { OptionSpec, OptionValues } from '../core/catalog-entry.ts';
import { InputError } from '../core/errors.ts';

/** An entry that takes options. */
interface Configurable {
  readonly name: string;
  readonly options: { readonly [name: string]: OptionSpec };
}

/** The options that have a default, with it. */
export function defaults(entry: Configurable): OptionValues {
  return Object.fromEntries(
    Object.entries(entry.options).flatMap(([name, spec]) =>
      spec.default === undefined ? [] : [[name, spec.default] as const],
    ),
  );
}

/** `a=1,b=x` as an object; absent text has no pairs. Throws InputError for a part without a value. */
export function readPairs(text: string | undefined, spec: string): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const pair of text?.split(',').filter((part) => part.trim() !== '') ?? []) {
    const [key = '', value] = pair.split('=', 2).map((part) => part.trim());
    if (value === undefined)
      throw new InputError(`Option "${pair.trim()}" of "${spec}" has no value; write ${pair.trim()}=…`);
    pairs[key] = value;
  }
  return pairs;
}

/** Checks given options against the entry, and converts them. Throws InputError. */
export function readOptions(entry: Configurable, given: Readonly<Record<string, unknown>>): OptionValues {
  const values: Record<string, string | number | boolean> = {};
  for (const [name, raw] of Object.entries(given)) {
    const spec = Object.hasOwn(entry.options, name) ? entry.options[name] : undefined;
    if (!spec) {
      const known = Object.keys(entry.options).join(', ');
      throw new InputError(
        `${entry.name} has no option "${name}"; ${known === '' ? 'it has none' : `it has ${known}`}`,
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
