import { seeded } from '../../core/random.ts';

const ROUNDS = 4;

/**
 * The whole numbers from 0 to `size` - 1 in a random order that `seed` decides, each once, without holding them in
 * memory: a Feistel network over pairs of digits, skipping what falls outside. `size` is at most 2^52.
 */
export function* permutation(size: number, seed: string): Generator<number> {
  const side = Math.ceil(Math.sqrt(size)); // numbers are pairs (left, right) in base `side`
  const random = seeded(seed);
  const keys = Array.from({ length: ROUNDS }, () => random.integer(2 ** 32));
  for (let index = 0; index < side * side; index++) {
    let left = Math.floor(index / side);
    let right = index % side;
    for (const key of keys) [left, right] = [right, (left + (mix(right ^ key) % side)) % side];
    const value = left * side + right;
    if (value < size) yield value;
  }
}

/** Spreads 32 bits over 32 bits (the finaliser of MurmurHash3). */
function mix(bits: number): number {
  let x = bits;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
