/** A seeded stream of chance. Forks depend on the seed and the label only, never on how much was drawn before. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform whole number in [0, bound). */
  integer(bound: number): number;
  fork(label: string): Random;
}

/** 64-bit FNV-1a over UTF-16 code units, mixed; good enough to tell labels apart, and the same everywhere. */
function hash(text: string, seed: readonly [number, number]): [number, number] {
  let a = seed[0] ^ 0x811c9dc5;
  let b = seed[1] ^ 0x1b873593;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x85ebca6b);
    b = (b << 13) | (b >>> 19);
  }
  return [mix(a ^ (b >>> 15)), mix(b ^ (a << 7))];
}

function mix(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Seeded generator: sfc32 (Doty-Humphrey, PractRand), 128 bits of state. */
export function seeded(seed: number | string): Random {
  return fromKey(hash(String(seed), [0x9e3779b9, 0x243f6a88]));
}

function fromKey(key: readonly [number, number]): Random {
  let a = key[0] | 0;
  let b = key[1] | 0;
  let c = 0x2545f491;
  let counter = 1;
  const nextUint = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return t >>> 0;
  };
  for (let round = 0; round < 12; round++) nextUint(); // let the key reach every word of the state
  // 53 bits, so that large bounds and fine probabilities come out even
  const next = (): number => ((nextUint() >>> 5) * 67108864 + (nextUint() >>> 6)) / 9007199254740992;
  return {
    next,
    integer: (bound) => Math.floor(next() * bound),
    fork: (label) => fromKey(hash(label, key)),
  };
}

/** A new array in random order (Fisher–Yates). */
export function shuffle<T>(items: readonly T[], random: Random): T[] {
  const result = [...items];
  for (let index = result.length - 1; index > 0; index--) {
    const other = random.integer(index + 1);
    [result[index], result[other]] = [result[other] as T, result[index] as T];
  }
  return result;
}
