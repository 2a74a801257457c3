import assert from 'node:assert/strict';
import { test } from 'node:test';
import { methodEntries, parseMethod } from '../../../src/catalog/methods.ts';
import { choiceOf, specOf, withOption } from './method-spec.ts';

const methods = [...(await methodEntries()).values()];

test('a choice and its spec say the same, and the catalog reads it', async () => {
  for (const spec of ['cot', 'sc@16', 'sc@4(pal)', 'tot{steps=3,search=depth-first}', 'bon@3(cot)']) {
    const choice = choiceOf(spec, methods);
    assert.ok(choice, spec);
    assert.equal(specOf(choice, methods), spec);
    await parseMethod(spec);
  }
  assert.equal(specOf({ name: '', options: {}, inner: '' }, methods), '');
});

test('defaults are left out', () => {
  const tree = methods.find(({ name }) => name === 'tree-of-thought')!;
  const choice = choiceOf('tot', methods)!;
  const deeper = withOption(choice, 'steps', tree.options.steps!, 7);
  assert.equal(specOf(deeper, methods), 'tot{steps=7}');
  assert.equal(specOf(withOption(deeper, 'steps', tree.options.steps!, 4), methods), 'tot');
});

test('what the form cannot show is left to the text field', () => {
  for (const spec of ['nothing', 'sc@2(sc@2(pal))', 'tot{colour=red}', '<b>', ''.padEnd(500, 'a')])
    assert.equal(choiceOf(spec, methods), undefined);
});
