import type { ToolCall } from '../../core/model.ts';

/** JSON text with keys in order, so that equal values are equal texts; any other text as it is. */
export function canonicalJson(text: string): string {
  try {
    return canonicalValue(JSON.parse(text));
  } catch {
    return text.trim(); // not JSON, or nested too deep: the model's own words are the key
  }
}

/** A value as JSON text with keys in order. Throws RangeError for one nested thousands deep. */
export function canonicalValue(value: unknown): string {
  return JSON.stringify(sortKeys(value)) ?? 'undefined';
}

/** Calls of tools with names and normalised arguments; the ids that models invent for them do not count. */
export function callsKey(calls: readonly ToolCall[]): string {
  return JSON.stringify(calls.map((call) => [call.name, canonicalJson(call.input)]));
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => [key, sortKeys(item)]);
}
