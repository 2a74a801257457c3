import type { OptionSpec, OptionValues } from '../../../src/core/catalog-entry.ts';
import type { MethodInfo } from '../api/types.ts';

/** A method as it is being chosen: a name, the options that differ from their defaults, and what it is wrapped around. */
export interface MethodChoice {
  readonly name: string; // '' for the model alone
  readonly options: OptionValues;
  readonly inner: string; // '' for the method's own default
}

export const noMethod: MethodChoice = { name: '', options: {}, inner: '' };

/** The shortest spec of a choice: `sc@16(pal)`, `tot{steps=3}`; '' for the model alone. */
export function specOf({ name, options, inner }: MethodChoice, methods: readonly MethodInfo[]): string {
  const method = methods.find((known) => known.name === name);
  if (!method) return '';
  const { [method.count ?? '']: count, ...others } = options;
  const settings = Object.entries(others).map(([option, value]) => `${option}=${value}`);
  return [
    shortName(method),
    count === undefined ? '' : `@${count}`,
    inner === '' ? '' : `(${nameOf(inner, methods)})`,
    settings.length === 0 ? '' : `{${settings.join(',')}}`,
  ].join('');
}

/** A spec without nesting of settings, read back into a choice; undefined for one that the form cannot show. */
export function choiceOf(spec: string, methods: readonly MethodInfo[]): MethodChoice | undefined {
  if (spec === '') return noMethod;
  const parts = /^([a-z][a-z0-9-]*)(?:@(\d{1,6}))?(?:\(([a-z][a-z0-9-]*)\))?(?:\{([^{}]*)\})?$/.exec(
    spec.trim(),
  );
  const [, name = '', count, inner, settings = ''] = parts ?? [];
  const method = find(name, methods);
  if (!method) return undefined;
  const options: Record<string, string | number | boolean> = {};
  if (count !== undefined && method.count) options[method.count] = Number(count);
  for (const pair of settings.split(',').filter(Boolean)) {
    const [option = '', value = ''] = pair.split('=', 2);
    const known = method.options[option.trim()];
    if (!known) return undefined;
    options[option.trim()] = readValue(known, value.trim());
  }
  const wrapped = inner === undefined ? undefined : find(inner, methods);
  if (inner !== undefined && !wrapped) return undefined;
  return { name: method.name, options, inner: wrapped?.name ?? '' };
}

/** The options with one of them changed; its default is left out. */
export function withOption(
  choice: MethodChoice,
  option: string,
  spec: OptionSpec,
  value: string | number | boolean | undefined,
): MethodChoice {
  const { [option]: _before, ...rest } = choice.options;
  return value === undefined || value === spec.default
    ? { ...choice, options: rest }
    : { ...choice, options: { ...rest, [option]: value } };
}

/** The value of an option as it was written; undefined for an empty field. */
export function readValue(spec: OptionSpec, written: string): string | number | boolean {
  if (spec.type === 'integer' || spec.type === 'number') return Number(written);
  if (spec.type === 'boolean') return written === 'true';
  return written;
}

function find(name: string, methods: readonly MethodInfo[]): MethodInfo | undefined {
  return methods.find((method) => method.name === name || method.aliases.includes(name));
}

function nameOf(name: string, methods: readonly MethodInfo[]): string {
  const method = find(name, methods);
  return method ? shortName(method) : name;
}

function shortName({ name, aliases }: MethodInfo): string {
  return [name, ...aliases].reduce((short, other) => (other.length < short.length ? other : short));
}
