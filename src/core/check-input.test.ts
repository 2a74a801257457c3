import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inputProblems } from './check-input.ts';
import type { Json } from './model.ts';

const schema: Json = {
  type: 'object',
  properties: {
    city: { type: 'string', minLength: 2, maxLength: 20 },
    days: { type: 'integer', minimum: 1, maximum: 14 },
    unit: { enum: ['C', 'F'] },
    places: { type: 'array', items: { $ref: '#/$defs/place' }, maxItems: 3 },
    note: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    rate: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 },
  },
  required: ['city'],
  additionalProperties: false,
  $defs: { place: { type: 'object', properties: { x: { type: 'number' } }, required: ['x'] } },
};

test('right inputs have no problems', () => {
  for (const input of [
    { city: 'Oslo' },
    { city: 'Oslo', days: 3, unit: 'C', places: [{ x: 1.5, y: 'more' }], note: null, rate: 0.5 },
  ])
    assert.deepEqual(inputProblems(schema, input), []);
  for (const anything of [true, {}, null, 'no schema'])
    assert.deepEqual(inputProblems(anything, { a: 1 }), []);
});

test('problems are named with their place', () => {
  const cases: readonly [Json, RegExp][] = [
    ['Oslo', /^the input must be object, not "Oslo"$/],
    [{}, /^city is missing$/],
    [{ city: 5 }, /^city must be string, not 5$/],
    [{ city: 'x' }, /^city has the length 1; the least is 2$/],
    [{ city: 'Oslo', days: 1.5 }, /^days must be integer, not 1.5$/],
    [{ city: 'Oslo', days: 15 }, /^days has the value 15; the most is 14$/],
    [{ city: 'Oslo', unit: 'K' }, /^unit must be one of "C", "F", not "K"$/],
    [{ city: 'Oslo', town: 1 }, /^town is not known; there are city, days/],
    [{ city: 'Oslo', places: [{ x: 1 }, { x: '1' }] }, /^places\[1\]\.x must be number, not "1"$/],
    [{ city: 'Oslo', places: [1, 2, 3, 4] }, /places has the length 4; the most is 3/],
    [{ city: 'Oslo', note: 5 }, /^note must be string, not 5$/],
    [{ city: 'Oslo', rate: 1 }, /^rate must be less than 1, not 1$/],
    [{ city: 'Oslo', rate: 0 }, /^rate must be more than 0, not 0$/],
    [JSON.parse('{"city": "Oslo", "__proto__": {"polluted": true}}'), /^__proto__ is not known/],
  ];
  for (const [input, message] of cases)
    assert.match(inputProblems(schema, input).join('\n'), new RegExp(message.source, 'm'));
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
});

test('hostile schemas and inputs end soon', () => {
  const loop: Json = {
    $ref: '#/$defs/a',
    $defs: { a: { anyOf: [{ $ref: '#/$defs/a' }, { $ref: '#/$defs/a' }] } },
  };
  assert.match(inputProblems(loop, 1).join(), /too deep/);
  let deep: Json = 1;
  let nested: Json = {};
  for (let level = 0; level < 5_000; level++) {
    deep = [deep];
    nested = { items: nested };
  }
  assert.match(inputProblems(nested, deep).join(), /too deep/);
  assert.equal(
    inputProblems(
      { items: { type: 'string' } },
      Array.from({ length: 1e5 }, () => 1),
    ).length,
    5,
  );
  assert.match(
    inputProblems(
      { items: {} },
      Array.from({ length: 1e5 }, () => 1),
    ).join(),
    /too large/,
  );
  assert.deepEqual(inputProblems({ pattern: '(a+)+$' }, `${'a'.repeat(40)}b`), []);
  assert.deepEqual(inputProblems({ properties: { a: { $ref: '#/$defs/__proto__' } } }, { a: 1 }), []);
});
