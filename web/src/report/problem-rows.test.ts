import assert from 'node:assert/strict';
import { test } from 'node:test';
import { smallRecord } from '../../../test/small-record.ts';
import { matches, mentions, problemRows, type Show } from './problem-rows.ts';

const record = smallRecord({ direct: ['rrwnxe.'], cot: ['rwrrrrr'] });
const problems = problemRows(record);
const shown = (show: Show, method?: number, pair?: readonly [number, number]) =>
  problems.filter((problem) => matches(problem, { show, method, pair })).map(({ id }) => id);

test('rows stand by method and repeat; the last of several counts', () => {
  const first = record.rows[0]!;
  const twice = { ...record, rows: [...record.rows, { ...first, outcome: 'wrong' as const }] };
  assert.equal(problemRows(twice)[0]?.rows[0]?.length, 1);
  assert.equal(problemRows(twice)[0]?.rows[0]?.[0]?.outcome, 'wrong');
  assert.deepEqual(
    problems[6]?.rows.map((own) => own.length),
    [0, 1],
  );
});

test('each filter shows its problems, of any method or of one', () => {
  assert.equal(shown('all').length, 7);
  assert.deepEqual(shown('differ'), ['p1', 'p2', 'p3', 'p4', 'p5']);
  assert.deepEqual(shown('differ', undefined, [0, 1]), shown('differ'));
  assert.deepEqual(shown('differ', undefined, [1, 1]), []);
  assert.deepEqual(shown('wrong'), ['p1', 'p2']);
  assert.deepEqual(shown('wrong', 0), ['p2']);
  assert.deepEqual(shown('failed'), ['p5']);
  assert.deepEqual(shown('exhausted'), ['p4']);
  assert.deepEqual(shown('no-answer'), ['p3']);
});

test('a search looks at problem, key and answers', () => {
  const found = (words: string) => problems.filter((problem) => mentions(problem, words)).map(({ id }) => id);
  assert.deepEqual(found('WHAT 3 + 4'), ['p3']);
  assert.deepEqual(found('P5'), ['p5']);
  assert.equal(found('').length, 7);
  assert.deepEqual(found('nowhere'), []);
});
