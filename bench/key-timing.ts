/**
 * Whether the time it takes to refuse a key tells how near it came: a key that differs from a real one in its last character
 * only against one that shares nothing with it, in random order (the t-test of Reparaz, Balasch and Verbauwhede, "Dude, is my
 * code constant time?", 2017, Cryptology ePrint 2016/1123). Aim: |t| below 4.5 over 100,000 tries, on all times and on the
 * faster 95, 90 and 50 % of them, where interruptions do not hide a difference. A comparison that leaves at the first character
 * that differs is measured the same way, to show that the test would see it.
 *
 *   node bench/key-timing.ts [--json] [--tries 100000] [--keys 10]
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { seeded } from '../src/core/random.ts';
import { quantile } from '../src/evaluation/statistics/quantile.ts';
import type { KeyRecord } from '../src/server/parts/keys.ts';
import { KeyRing } from '../src/server/parts/keys.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    tries: { type: 'string', default: '100000' },
    keys: { type: 'string', default: '10' },
  },
});
const SHARES = [1, 0.95, 0.9, 0.5] as const;
const random = seeded('keys');

const newKey = () => `rk-${randomBytes(24).toString('base64url')}`;
const keys = Array.from({ length: Number(values.keys) }, newKey);
const real = keys[0] as string;
const near = real.slice(0, -1) + (real.endsWith('A') ? 'B' : 'A');
const far = newKey();
const records = keys.map((key, index): KeyRecord => {
  const sha256 = createHash('sha256').update(key).digest('hex');
  return { id: randomUUID(), name: String(index), sha256, createdAt: '' };
});
const ring = new KeyRing(undefined, records);

const rows = [
  { name: 'keys of the server', ...measure((key) => ring.find(key) !== undefined) },
  { name: 'leaves at the first difference', ...measure((key) => sameText(key, real)) },
];
if (values.json) console.log(JSON.stringify({ tries: Number(values.tries), rows }, null, 2));
else {
  console.log(`${values.tries} tries, half of them near a key\n`);
  console.log(
    `${''.padEnd(32)}   near     far  (p50, µs)   ${SHARES.map((share) => `t, ${share * 100} %`.padStart(9)).join('')}`,
  );
  for (const { name, nearP50, farP50, t } of rows)
    console.log(
      `${name.padEnd(32)} ${micro(nearP50)} ${micro(farP50)}               ${t.map((value) => value.toFixed(2).padStart(9)).join('')}`,
    );
}

function micro(milliseconds: number): string {
  return (milliseconds * 1000).toFixed(3).padStart(7);
}

/** Times of `check` for near and far keys, and Welch's t of the two for each share of the faster times. */
function measure(check: (key: string) => boolean): {
  readonly nearP50: number;
  readonly farP50: number;
  readonly t: readonly number[];
} {
  const tries = Number(values.tries);
  const times = { near: [] as number[], far: [] as number[] };
  for (let attempt = -5_000; attempt < tries; attempt++) {
    const kind = random.next() < 0.5 ? 'near' : 'far';
    const key = Buffer.from(kind === 'near' ? near : far).toString('latin1'); // a string that was never seen before
    const startedAt = performance.now();
    const found = check(key);
    const took = performance.now() - startedAt;
    if (found) throw new Error('A wrong key was let in');
    if (attempt >= 0) times[kind].push(took);
  }
  const all = [...times.near, ...times.far];
  const t = SHARES.map((share) => {
    const most = quantile(all, share);
    return welch(
      times.near.filter((time) => time <= most),
      times.far.filter((time) => time <= most),
    );
  });
  return { nearP50: quantile(times.near, 0.5), farP50: quantile(times.far, 0.5), t };
}

/** Welch's t of two samples. */
function welch(a: readonly number[], b: readonly number[]): number {
  const [one, two] = [moments(a), moments(b)];
  return (one.mean - two.mean) / Math.sqrt(one.variance / a.length + two.variance / b.length);
}

function moments(list: readonly number[]): { readonly mean: number; readonly variance: number } {
  const mean = list.reduce((sum, value) => sum + value, 0) / list.length;
  const variance = list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (list.length - 1);
  return { mean, variance };
}

/** As `===` may work: character by character, until one differs. */
function sameText(a: string, b: string): boolean {
  for (let index = 0; index < b.length; index++)
    if (a.charCodeAt(index) !== b.charCodeAt(index)) return false;
  return a.length === b.length;
}
