import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { onAbort } from './on-abort.ts';

describe('onAbort', () => {
  it('tells those who still listen, once, with the reason', () => {
    const controller = new AbortController();
    const heard: unknown[] = [];
    const stop = onAbort(controller.signal, () => heard.push('gone'));
    onAbort(controller.signal, (reason) => heard.push(reason));
    stop();
    controller.abort('why');
    controller.abort('again');
    assert.deepEqual(heard, ['why']);
  });

  it('takes no longer for the many-thousandth listener', () => {
    const { signal } = new AbortController();
    for (let listener = 0; listener < 200_000; listener++) onAbort(signal, () => {});
  });

  it('has nothing to do without a signal', () => {
    onAbort(undefined, () => assert.fail())();
  });
});
