import assert from 'node:assert/strict';
import { test } from 'node:test';
import { smallRecord } from '../../test/small-record.ts';
import { report } from './report.ts';

const letters = (right: number) => 'r'.repeat(right) + 'w'.repeat(100 - right);

test('the best method is named with its price, and the cheaper one that keeps up with it', () => {
  const { decision } = report(
    smallRecord({
      direct: [letters(40)],
      cot: [letters(79)],
      third: ['w'.repeat(100)],
      fourth: ['w'.repeat(100)],
      fifth: [letters(80)],
    }),
  );
  assert.match(decision, /^fifth is better than direct by 40\.0 points, .*, at 5\.0× the tokens\. /);
  assert.match(
    decision,
    /\. cot uses 0\.40× the tokens of fifth, and no difference between the two is shown$/,
  );
});

test('no gain is called no gain, and a loss a loss', () => {
  const close = report(smallRecord({ a: [letters(50)], b: [letters(51)], c: [letters(52)] }));
  assert.match(
    close.decision,
    /^no method is shown to be better than a: c is ahead by 2\.0 points, p = 1 \(Holm\)\. a uses 0\.33× the tokens of c/,
  );
  const worse = report(smallRecord({ a: [letters(50)], b: [letters(20)], c: [letters(10)] }));
  assert.equal(worse.decision, 'no method is shown to be better than a; b and c are worse');
});
