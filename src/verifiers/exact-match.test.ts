import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { answered, judgeAlone } from '../../test/judge-alone.ts';
import { exactMatch, wordF1 } from './exact-match.ts';

function check(reference: string | readonly string[], answer: string, score?: 'exact' | 'f1') {
  const problem = { id: 'p', messages: [], reference };
  return judgeAlone(exactMatch(score ? { score } : {}), problem, answered(answer));
}

describe('exactMatch', () => {
  it('ignores case, articles and punctuation, and takes any accepted answer', async () => {
    assert.equal((await check('The Beatles', 'beatles!')).score, 1);
    assert.equal((await check(['USA', 'United States'], 'the United States')).score, 1);
    assert.equal((await check('Beatles', 'The Rolling Stones')).score, 0);
    assert.equal((await check([], 'x')).score, 0);
  });

  it('keeps numbers apart by their value', async () => {
    assert.equal((await check('4.2', '42')).score, 0);
    assert.equal((await check('1,000', '1000')).score, 1);
    assert.equal((await check('5', '-5')).score, 0);
  });

  it('gives F1 in the note, or as the score', async () => {
    const exact = await check('barack obama', 'president barack obama');
    assert.deepEqual(exact, { score: 0, note: 'exact match 0, F1 0.800' });
    assert.equal((await check('barack obama', 'president barack obama', 'f1')).score, 0.8);
  });
});

describe('wordF1', () => {
  it('is the harmonic mean over bags of words', () => {
    assert.equal(wordF1('a b c d', 'b c'), 0.8); // 'a' is an article: 2 of 3 words found, both given ones right
    assert.equal(wordF1('x x y', 'x y y'), 2 / 3);
    assert.equal(wordF1('cat', 'dog'), 0);
  });

  it('treats yes and no as right or wrong', () => {
    assert.equal(wordF1('yes', 'yes it is'), 0);
    assert.equal(wordF1('yes', 'Yes.'), 1);
    assert.equal(wordF1('no one', 'no'), 0);
  });
});
