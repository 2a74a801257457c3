import { type Tensor, tensor } from '../tensor/tensor.ts';
import type { DecoderConfig } from './decoder-config.ts';
import type { KeysAndValues } from './generate-step.ts';

/** Keys and values of one sequence: for each layer [K, length, D]. */
export interface SequenceCache {
  readonly length: number; // tokens
  readonly layers: KeysAndValues<Float32Array>;
}

/** What the rows in flight have seen, in arrays that the step reads where they lie. */
export interface RowCache {
  /** The first `rows` rows with `places` places each; more of either moves what is there. Places that nothing was written to hold any finite number. */
  view(rows: number, places: number): KeysAndValues<Tensor>;
  /** Puts a whole sequence at the start of a row. */
  fill(row: number, sequence: SequenceCache): void;
  /** Puts one token of each row, as the step gives it ([2 · layers · N, K, 1, D]), at the places given for the first rows. Made for arrays that come again and again. */
  append(added: Float32Array, places: readonly number[]): void;
  /** Row `from` becomes row `to`. */
  move(from: number, to: number): void;
}

/** An empty cache. It takes memory when `view` asks for it, for as many rows and places as were ever asked for together. */
export function rowCache({ layers, width, heads, keyValueHeads }: DecoderConfig): RowCache {
  const headWidth = width / heads;
  const block = (places: number): number => places * headWidth; // of one head of one row
  const kinds = ['keys', 'values'] as const;
  const arrays = { keys: emptyArrays(layers), values: emptyArrays(layers) };
  const pieces = new WeakMap<Float32Array, readonly Float32Array[]>();
  let rows = 0;
  let places = 0;
  let current: KeysAndValues<Tensor> = { keys: [], values: [] };

  /** The same blocks, each as long as `next` places, in an array with room for them. */
  function relaid(array: Float32Array, nextRows: number, next: number): Float32Array {
    const size = nextRows * keyValueHeads * block(next);
    const target = size > array.length ? new Float32Array(size) : array;
    if (places === 0 || (target === array && places === next)) return target;
    const kept = block(Math.min(places, next));
    const blocks = Math.min(rows, nextRows) * keyValueHeads;
    // in place, longer blocks are moved from the end and shorter ones from the start, before anything writes over them
    for (let step = 0; step < blocks; step++) {
      const index = next > places ? blocks - 1 - step : step;
      const from = index * block(places);
      if (target === array) target.copyWithin(index * block(next), from, from + kept);
      else target.set(array.subarray(from, from + kept), index * block(next));
    }
    return target;
  }

  /** One head of one token each. They are kept, because making one costs more than copying it. */
  function piecesOf(added: Float32Array): readonly Float32Array[] {
    const known = pieces.get(added);
    if (known) return known;
    const cut = Array.from({ length: added.length / headWidth }, (_, index) =>
      added.subarray(index * headWidth, (index + 1) * headWidth),
    );
    pieces.set(added, cut);
    return cut;
  }

  return {
    view: (nextRows, nextPlaces) => {
      if (nextRows === rows && nextPlaces === places) return current;
      const shape = [nextRows, keyValueHeads, nextPlaces, headWidth];
      const size = nextRows * keyValueHeads * block(nextPlaces);
      const viewOf = (kind: (typeof kinds)[number]): Tensor[] =>
        arrays[kind].map((array, layer) => {
          const target = relaid(array, nextRows, nextPlaces);
          arrays[kind][layer] = target;
          return tensor(target.subarray(0, size), shape);
        });
      current = { keys: viewOf('keys'), values: viewOf('values') };
      rows = nextRows;
      places = nextPlaces;
      return current;
    },

    fill: (row, { length, layers: sequence }) => {
      for (const kind of kinds)
        for (const [layer, source] of sequence[kind].entries()) {
          const target = arrays[kind][layer] as Float32Array;
          for (let head = 0; head < keyValueHeads; head++) {
            const from = head * block(length);
            const at = (row * keyValueHeads + head) * block(places);
            target.set(source.subarray(from, from + block(length)), at);
          }
        }
    },

    append: (added, at) => {
      const pieces = piecesOf(added);
      let next = 0; // piece
      for (const array of [...arrays.keys, ...arrays.values]) {
        for (const [row, place] of at.entries())
          for (let head = 0; head < keyValueHeads; head++) {
            const index = row * keyValueHeads + head;
            array.set(pieces[next + index] as Float32Array, index * block(places) + place * headWidth);
          }
        next += rows * keyValueHeads;
      }
    },

    move: (from, to) => {
      const size = keyValueHeads * block(places);
      for (const kind of kinds)
        for (const array of arrays[kind]) array.copyWithin(to * size, from * size, (from + 1) * size);
    },
  };
}

function emptyArrays(count: number): Float32Array[] {
  return Array.from({ length: count }, () => new Float32Array(0));
}
