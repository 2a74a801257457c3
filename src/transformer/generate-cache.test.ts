import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DecoderConfig } from './decoder-config.ts';
import { rowCache } from './generate-cache.ts';

const [LAYERS, HEADS, HEAD_WIDTH] = [2, 2, 2];
const CONFIG: DecoderConfig = {
  vocabularySize: 10,
  width: 8,
  hidden: 4,
  layers: LAYERS,
  heads: 4,
  keyValueHeads: HEADS,
  context: 64,
  normEpsilon: 1e-5,
  ropeTheta: 10_000,
  tiedEmbeddings: true,
};
const KINDS = ['keys', 'values'] as const;

/** A number that says where it belongs. */
function mark(row: number, place: number, kind: number, layer: number, head: number, d: number): number {
  return ((((row * 100 + place) * 2 + kind) * LAYERS + layer) * HEADS + head) * HEAD_WIDTH + d;
}

/** The blocks of `rows` sequences of `places` tokens each, [rows, K, places, D], of every layer. */
function marked(names: readonly number[], from: number, places: number) {
  const [keys, values] = KINDS.map((_, kind) =>
    Array.from({ length: LAYERS }, (_, layer) => {
      const data = names.flatMap((name) =>
        Array.from({ length: HEADS * places * HEAD_WIDTH }, (_, index) => {
          const d = index % HEAD_WIDTH;
          const place = Math.floor(index / HEAD_WIDTH) % places;
          return mark(name, from + place, kind, layer, Math.floor(index / HEAD_WIDTH / places), d);
        }),
      );
      return Float32Array.from(data);
    }),
  );
  return { keys: keys as Float32Array[], values: values as Float32Array[] };
}

test('rows keep what was written to them however they are moved and laid out', () => {
  const action = fc.oneof(
    fc.record({ do: fc.constant('enter' as const), length: fc.integer({ min: 0, max: 9 }) }),
    fc.record({ do: fc.constant('step' as const) }),
    fc.record({ do: fc.constant('leave' as const), at: fc.nat({ max: 7 }) }),
    fc.record({ do: fc.constant('widen' as const), by: fc.integer({ min: 0, max: 12 }) }),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 30 }), (actions) => {
      const cache = rowCache(CONFIG);
      const rows: { name: number; length: number }[] = [];
      let entered = 0;
      let extra = 0;
      const view = () =>
        cache.view(rows.length + (extra % 3), Math.max(1, ...rows.map(({ length }) => length + 1)) + extra);
      for (const one of actions) {
        if (one.do === 'enter') {
          const row = { name: entered++, length: one.length };
          rows.push(row);
          view();
          if (row.length > 0)
            cache.fill(rows.length - 1, { length: row.length, layers: marked([row.name], 0, row.length) });
        } else if (one.do === 'widen') extra = one.by;
        else if (one.do === 'leave' && rows.length > 0) {
          const at = one.at % rows.length;
          const last = rows.pop() as (typeof rows)[number];
          if (at < rows.length) {
            cache.move(rows.length, at);
            rows[at] = last;
          }
        } else if (one.do === 'step' && rows.length > 0) {
          view();
          const each = rows.map(({ name, length }) => marked([name], length, 1));
          const layers = [...Array(LAYERS).keys()];
          const added = KINDS.flatMap((kind) =>
            layers.flatMap((layer) => {
              const known = each.flatMap((row) => [...(row[kind][layer] as Float32Array)]);
              return [...known, ...Array<number>((extra % 3) * HEADS * HEAD_WIDTH).fill(-1)]; // rows that are empty
            }),
          );
          cache.append(
            Float32Array.from(added),
            rows.map(({ length }) => length),
          );
          for (const row of rows) row.length++;
        }
      }
      if (rows.length === 0) return;
      const shown = view();
      for (const [kind, name] of KINDS.entries())
        for (const [layer, { data, shape }] of shown[name].entries()) {
          const places = shape[2] as number;
          for (const [index, row] of rows.entries())
            for (let head = 0; head < HEADS; head++)
              for (let place = 0; place < row.length; place++)
                for (let d = 0; d < HEAD_WIDTH; d++) {
                  const at = ((index * HEADS + head) * places + place) * HEAD_WIDTH + d;
                  assert.equal(data[at], mark(row.name, place, kind, layer, head, d));
                }
        }
    }),
    { numRuns: 300 },
  );
});
