import { compact } from '../../src/evaluation/format.ts';

/** A score in two digits: ".95", "1", "0". */
export function score(value: number): string {
  return value >= 0.995 ? '1' : value < 0.005 ? '0' : value.toFixed(2).slice(1);
}

/** An amount of tokens: "312 tokens", "1.24k tokens". */
export function tokenCount(tokens: number): string {
  return `${compact(tokens)} token${tokens === 1 ? '' : 's'}`;
}

/** When something happened, for a list: "14:05" today, "3 Nov, 14:05" this year, else with the year. */
export function moment(iso: string, now = new Date()): string {
  const then = new Date(iso);
  if (Number.isNaN(then.getTime())) return '';
  const time = then.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  if (then.toDateString() === now.toDateString()) return `today, ${time}`;
  const sameYear = then.getFullYear() === now.getFullYear();
  const day = then.toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    ...(!sameYear && { year: 'numeric' }),
  });
  return `${day}, ${time}`;
}
