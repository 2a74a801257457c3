import { seeded } from '../src/core/random.ts';

/**
 * Copies of a file, each damaged in one way: a bit flipped, bytes overwritten, removed, doubled, swapped or put in, the
 * end cut off or something appended. Every copy differs from the original.
 */
export function* damages(
  original: Buffer,
  { count, seed }: { readonly count: number; readonly seed: string },
): Generator<readonly [damaged: Buffer, kind: string]> {
  const random = seeded(`damage ${seed}`);
  const kinds = ['flip', 'overwrite', 'remove', 'double', 'swap', 'insert', 'cut', 'append'] as const;
  for (let made = 0; made < count; ) {
    const kind = kinds[random.integer(kinds.length)]!;
    const at = random.integer(original.length);
    const size = 1 + random.integer(random.next() < 0.5 ? 4 : 200);
    const noise = Buffer.from(Array.from({ length: size }, () => random.integer(256)));
    const [before, part, after] = [
      original.subarray(0, at),
      original.subarray(at, at + size),
      original.subarray(at + size),
    ];
    let damaged: Buffer;
    switch (kind) {
      case 'flip':
        damaged = Buffer.from(original);
        damaged[at]! ^= 1 << random.integer(8);
        break;
      case 'overwrite':
        damaged = Buffer.concat([before, noise.subarray(0, part.length), after]);
        break;
      case 'remove':
        damaged = Buffer.concat([before, after]);
        break;
      case 'double':
        damaged = Buffer.concat([before, part, part, after]);
        break;
      case 'swap': {
        const other = random.integer(original.length);
        damaged = Buffer.from(original);
        damaged[at] = original[other]!;
        damaged[other] = original[at]!;
        break;
      }
      case 'insert':
        damaged = Buffer.concat([before, noise, original.subarray(at)]);
        break;
      case 'cut':
        damaged = Buffer.from(before);
        break;
      case 'append':
        damaged = Buffer.concat([original, noise]);
        break;
      default:
        throw new TypeError(kind satisfies never);
    }
    if (damaged.equals(original)) continue;
    made++;
    yield [damaged, `${kind} of ${size} at ${at}`];
  }
}
