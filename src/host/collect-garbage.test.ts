import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { collectGarbage } from './collect-garbage.ts';

test('what nobody holds is gone, and later contexts cannot collect', async () => {
  let held: { readonly text: string } | undefined = { text: 'x' };
  const weak = new WeakRef(held);
  held = undefined;
  await new Promise((resolve) => setImmediate(resolve)); // a WeakRef keeps its target until the turn is over
  collectGarbage();
  assert.equal(weak.deref(), undefined);
  assert.equal(runInNewContext('typeof gc'), 'undefined');
});
