import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mathSpans } from './math-spans.ts';

function contents(text: string): string[] {
  return mathSpans(text).map((span) => span.content);
}

describe('mathSpans', () => {
  it('finds formulas in all four delimiters', () => {
    assert.deepEqual(contents('a $x$ b \\(y\\) c $$z\n$$ d \\[\nw\\] e'), ['x', 'y', 'z\n', '\nw']);
  });

  it('ends inline formulas with their line, and skips prices', () => {
    assert.deepEqual(contents('Answer $\n9\n$ or \\(\n9\\)'), []);
    assert.deepEqual(contents('It cost $5 and not $10.'), []);
    assert.deepEqual(contents('It cost \\$5, so $x$.'), ['x']);
  });

  it('joins a list of formulas', () => {
    assert.deepEqual(contents('$1$, $2$ and $3$'), ['1, 2, 3']);
    assert.deepEqual(contents('$1$ is not $2$'), ['1', '2']);
  });

  it('says where a formula lies', () => {
    assert.deepEqual(mathSpans('so $x$.'), [{ content: 'x', start: 3, end: 6 }]);
  });
});
