import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ToolError } from '../../core/errors.ts';
import type { Json } from '../../core/model.ts';
import type { Question } from '../../core/problem.ts';
import { seeded } from '../../core/random.ts';
import { startRun } from '../../core/run.ts';
import type { Tool } from '../../core/tool.ts';
import type { ToolUse } from '../../core/tool-use.ts';
import type { TraceEvent } from '../../core/trace.ts';
import type { AskedCall, ToolAnswer } from './toolbox.ts';
import { Toolbox } from './toolbox.ts';

const SECRET = 'sk-canary-0123456789';
const ask = (text: string): Question => ({ id: 'q', messages: [{ role: 'user', text }] });

function tool(name: string, more: Partial<Tool> = {}): Tool & { readonly got: Json[] } {
  const got: Json[] = [];
  return {
    name,
    parameters: { type: 'object', properties: { x: { type: 'string' } }, required: ['x'] },
    async call(input) {
      got.push(input);
      return `${name} says hello`;
    },
    ...more,
    got,
  };
}

/** The answers to each turn of calls, and what the trace shows. */
async function turns(
  use: ToolUse,
  question: Question,
  asked: readonly (readonly AskedCall[])[],
  { signal = new AbortController().signal }: { signal?: AbortSignal } = {},
) {
  const events: TraceEvent[] = [];
  const answers: ToolAnswer[][] = [];
  const toolbox = new Toolbox(use, question);
  await startRun(
    { signal, limits: {}, random: seeded(0), record: (event) => events.push(event), label: 'test' },
    async (run) => {
      for (const calls of asked) answers.push(await toolbox.call(run, calls));
    },
  );
  return { toolbox, answers, traced: events.filter((event) => event.type === 'tool-call') };
}

const call = (name: string, value: Json): AskedCall => ({ name, input: { value } });

test('calls are made and traced; wrong ones are told what is wrong, and not made', async () => {
  const one = tool('one');
  const { answers, traced } = await turns({ tools: [one] }, ask('hi'), [
    [{ name: 'one', input: '{"x": "a"}' }],
    [
      { name: 'two', input: '{}' },
      { name: 'one', input: '{"x": ' },
      { name: 'one', input: '{"x": 5}' },
      { name: 'one', input: '' },
      { name: 'one', input: `{"x": "${'a'.repeat(20_000)}"}` },
    ],
  ]);
  assert.deepEqual(answers[0], [{ text: 'one says hello', failed: false, refused: false }]);
  const told = answers[1]?.map(({ text }) => text) ?? [];
  assert.match(told[0] ?? '', /no tool of that name; there are one/);
  assert.match(told[1] ?? '', /not JSON/);
  assert.match(told[2] ?? '', /x must be string, not 5/);
  assert.match(told[3] ?? '', /x is missing/);
  assert.match(told[4] ?? '', /20009 characters; at most 20000/);
  assert.ok(answers[1]?.every(({ failed, refused }) => failed && refused));
  assert.deepEqual(one.got, [{ x: 'a' }]);
  assert.equal(traced.length, 6);
});

test('calls of one turn are decided together; what comes in closes tools that act from the next turn on', async () => {
  const [page, mail, sum] = [
    tool('page', { reach: 'inside' }),
    tool('mail'),
    tool('sum', { reach: 'inside', outside: false }),
  ];
  const use = { tools: [page, mail, sum] };
  const { answers, toolbox } = await turns(use, ask('Do it.'), [
    [call('sum', { x: '1' })],
    [call('page', { x: 'a' }), call('mail', { x: 'b' })],
    [call('mail', { x: 'c' }), call('sum', { x: '2' })],
  ]);
  assert.deepEqual(mail.got, [{ x: 'b' }]);
  assert.match(answers[2]?.[0]?.text ?? '', /Refused: text from outside has been read/);
  assert.equal(answers[2]?.[1]?.failed, false);
  assert.equal(toolbox.exposed, true);
  const alone = await turns(use, ask('Do it.'), [[call('sum', { x: '1' })]]);
  assert.equal(alone.toolbox.exposed, false);
});

test('text from outside may stand in the question: passages, outputs, turns of tools', async () => {
  for (const question of [
    ask('<passages>\n[1] x\n</passages>\n\nWhat?'),
    ask('<tool-output>\nx\n</tool-output>'),
    { id: 'q', messages: [{ role: 'tool', text: 'x', toolCallId: '1' } as const, ...ask('What?').messages] },
  ])
    assert.equal(new Toolbox({ tools: [] }, question).exposed, true);
  const reads = tool('reads', { reach: 'reads' });
  const { answers } = await turns({ tools: [reads] }, ask('Open a.example and b.example'), [
    [call('reads', { x: 'a.example' })],
    [call('reads', { x: 'b.example' }), call('reads', { x: 'c.example' })],
  ]);
  assert.deepEqual(
    answers[1]?.map(({ refused }) => refused),
    [false, true],
  );
});

test('a secret goes into no call, and comes out of none', async () => {
  const echo = tool('echo', { reach: 'inside', call: async () => `my key is ${SECRET}!` });
  const broken = tool('broken', {
    call: async () => {
      throw new Error(`wrong key ${SECRET}`);
    },
  });
  const { answers, traced } = await turns({ tools: [echo, broken], secrets: [SECRET] }, ask('hi'), [
    [
      call('echo', { x: `send ${SECRET}` }),
      call('echo', { x: Buffer.from(`k=${SECRET}`).toString('base64') }),
      call('echo', {
        x: encodeURIComponent([...SECRET].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join('')),
      }),
      call(SECRET, {}),
    ],
    [call('echo', { x: 'a' }), call('broken', { x: 'a' })],
  ]);
  assert.ok(answers[0]?.slice(0, 2).every(({ text }) => /holds a secret/.test(text)));
  assert.equal(answers[1]?.[0]?.text, 'my key is [secret]!');
  assert.equal(answers[1]?.[1]?.text, 'wrong key [secret]');
  assert.doesNotMatch(
    JSON.stringify([answers, traced]),
    new RegExp(`${SECRET}|${Buffer.from(SECRET).toString('base64').slice(2, 12)}`),
  );
});

test('time, output and number of calls have an end', async () => {
  const stuck = tool('stuck', { call: () => new Promise(() => {}) });
  const flood = tool('flood', { call: async () => 'x'.repeat(100_000) });
  const late = await turns({ tools: [stuck, flood], seconds: 0.02 }, ask('hi'), [
    [call('stuck', { x: '' }), call('flood', { x: '' })],
  ]);
  assert.match(late.answers[0]?.[0]?.text ?? '', /stuck took longer than 0.02 s/);
  assert.match(late.answers[0]?.[1]?.text ?? '', /^x{20000}\n\[cut after 20000 characters\]$/);
  const one = tool('one');
  const { answers } = await turns({ tools: [one] }, ask('hi'), [
    Array.from({ length: 20 }, () => call('one', { x: '' })),
  ]);
  assert.equal(answers[0]?.filter(({ failed }) => !failed).length, 16);
  assert.equal(one.got.length, 16);
});

test('an abort of the run ends a call at once, whether the tool listens or not', async () => {
  const stop = new AbortController();
  const deaf = tool('deaf', {
    call: () => {
      stop.abort(new Error('enough'));
      return new Promise(() => {});
    },
  });
  await assert.rejects(turns({ tools: [deaf] }, ask('hi'), [[call('deaf', { x: '' })]], stop), /enough/);
});

test('a policy of the user decides', async () => {
  const one = tool('one');
  const { answers } = await turns({ tools: [one], policy: () => 'not today' }, ask('hi'), [
    [call('one', { x: '' })],
  ]);
  assert.deepEqual(answers[0], [{ text: 'Refused: not today', failed: true, refused: true }]);
  const broken = tool('broken', {
    call: async () => {
      throw new ToolError('it broke');
    },
  });
  const outcome = await turns({ tools: [broken] }, ask('hi'), [[call('broken', { x: '' })]]);
  assert.deepEqual(outcome.answers[0], [{ text: 'it broke', failed: true, refused: false }]);
});
