import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ToolError } from '../core/errors.ts';
import { interpreterTool } from './interpreter-tool.ts';
import { javascript } from './javascript.ts';

const interpreter = javascript({ threads: 1 });
after(() => interpreter.close());
const signal = new AbortController().signal;

test('the model reads output, value and error', async () => {
  const tool = interpreterTool(interpreter, { limits: { outputBytes: 10 } });
  assert.equal(tool.name, 'javascript');
  const call = (code: string) => tool.call({ code }, { signal });
  assert.equal(await call('console.log("a"); 6 * 7'), 'a\n42');
  assert.equal(await call('let x;'), 'The program printed nothing and has no value.');
  assert.equal(
    await call('console.log("b"); null.x'),
    "b\nError: TypeError: cannot read property 'x' of null (line 1)",
  );
  assert.equal(await call('console.log("c".repeat(20))'), 'cccccccccc\n[the output was cut here]');
});

test('an input without code is refused, an abort rejects', async () => {
  const tool = interpreterTool(interpreter, { name: 'run' });
  for (const input of [null, 'code', [], {}, { code: 1 }])
    await assert.rejects(tool.call(input, { signal }), (error) => {
      assert.ok(error instanceof ToolError);
      assert.match(error.message, /The tool run needs/);
      return true;
    });
  const reason = new Error('enough');
  await assert.rejects(tool.call({ code: '1' }, { signal: AbortSignal.abort(reason) }), reason);
});
