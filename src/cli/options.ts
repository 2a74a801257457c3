import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { Limits } from '../core/budget.ts';

/** A whole number from `minimum` to `maximum`, for commander. */
export function wholeNumber(minimum: number, maximum: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < minimum || value > maximum)
      throw new InvalidArgumentError(`It must be a whole number from ${minimum} to ${maximum}.`);
    return value;
  };
}

/** A number of at least 0, for commander. */
export function amount(text: string): number {
  const value = Number(text);
  if (!(value >= 0) || text.trim() === '')
    throw new InvalidArgumentError('It must be a number of at least 0.');
  return value;
}

const LIMIT_NAMES = ['tokens', 'calls', 'seconds', 'usd'] as const;

/** `tokens=20000,seconds=60,usd=0.05` as limits, for commander. */
export function limits(text: string): Limits {
  const result: { -readonly [K in keyof Limits]: number } = {};
  for (const [name, value] of Object.entries(pairs(text))) {
    const known = LIMIT_NAMES.find((limit) => limit === name);
    if (!known) throw new InvalidArgumentError(`"${name}" is not one of ${LIMIT_NAMES.join(', ')}.`);
    result[known] = amount(value);
  }
  return result;
}

/** `a=b,c=d` as an object, for commander. */
export function pairs(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const at = pair.indexOf('=');
      if (at <= 0) throw new InvalidArgumentError(`"${pair}" is not of the form name=value.`);
      return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
    }),
  );
}

/** Names between commas, for commander. */
export function names(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** Splits at commas that stand outside brackets: `direct,sc@8(pal),tot{breadth=5,steps=3}`. */
export function methodList(text: string): string[] {
  const items: string[] = [];
  let depth = 0;
  let item = '';
  for (const character of text) {
    if (character === '(' || character === '{') depth++;
    if (character === ')' || character === '}') depth--;
    if (character === ',' && depth === 0) {
      items.push(item);
      item = '';
    } else item += character;
  }
  return [...items, item].map((name) => name.trim()).filter((name) => name !== '');
}

/** The folder for runs and reports: --state, else RECKON_STATE, else .reckon here. */
export function stateFolder(given: string | undefined): string {
  return given ?? process.env.RECKON_STATE ?? '.reckon';
}

/** The store's file in a state folder. */
export function storeFile(state: string): string {
  return join(state, 'reckon.sqlite');
}
