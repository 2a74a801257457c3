import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Canary } from '../../test/fixtures/canary.ts';
import { openCanary } from '../../test/fixtures/canary.ts';
import {
  hostileJavascript,
  JAVASCRIPT_CLEAN,
  JAVASCRIPT_CLEAN_VALUE,
} from '../../test/fixtures/hostile-javascript.ts';
import type { HostileProgram } from '../../test/fixtures/hostile-python.ts';
import { hostilePython, PYTHON_CLEAN, PYTHON_CLEAN_VALUE } from '../../test/fixtures/hostile-python.ts';
import type { Execution, Interpreter } from '../core/interpreter.ts';
import { javascript } from './javascript.ts';
import { monty } from './python-monty.ts';
import { pyodide } from './python-pyodide.ts';

/** Short for the bombs, and long enough for a loaded machine to run the others. */
const SECONDS = { escape: 3, bomb: 0.5, poison: 10 };

const hostile = { python: hostilePython, javascript: hostileJavascript };
const clean = {
  python: { code: PYTHON_CLEAN, value: PYTHON_CLEAN_VALUE },
  javascript: { code: JAVASCRIPT_CLEAN, value: JAVASCRIPT_CLEAN_VALUE },
};

async function assertContained(
  interpreter: Interpreter,
  canary: Canary,
  programs: readonly HostileProgram[],
): Promise<void> {
  const { code, value } = clean[interpreter.language];
  const run = ({ kind, code }: HostileProgram) =>
    interpreter.execute(code, { seconds: SECONDS[kind], memoryMiB: 64 });
  const assertContainedOne = async (program: HostileProgram) => {
    const execution = await run(program);
    assert.deepEqual(canary.touchedBy(execution), [], `${program.kind}: ${program.name}`);
    assert.ok(execution.stdout.length <= 2 ** 20, program.name);
    if (program.kind !== 'poison') return;
    const said = ({ stdout, value, error }: Execution) => ({ stdout, value, error });
    assert.deepEqual(said(await run(program)), said(execution), `${program.name}, a second time`);
    const after = await interpreter.execute(code, { seconds: 10 });
    assert.deepEqual(
      [after.value, after.stdout, after.error],
      [value, '', undefined],
      `after ${program.name}`,
    );
  };
  // two at a time: the pool has two guests, and what one does must not reach the other either
  const waiting = [...programs];
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await assertContainedOne(next);
  };
  await Promise.all([lane(), lane()]);
  const after = await interpreter.execute(code, { seconds: 10 });
  assert.deepEqual([after.value, after.stdout, after.error], [value, '', undefined]);
}

/** The slow tier runs the bombs of its own world and one of the others in five; the benchmark runs them all. */
const few = ({ kind, name }: HostileProgram, index: number) =>
  kind !== 'bomb' || name.startsWith('js') || index % 5 === 0;

const backends: Record<string, { open(): Interpreter; takes?: typeof few }> = {
  monty: { open: () => monty() },
  'pyodide in deno': { open: () => pyodide({ bubblewrap: false }), takes: few },
  'pyodide in deno, in bubblewrap where it works': {
    open: () => pyodide(),
    takes: ({ kind }, index) => kind === 'escape' && index % 3 === 0,
  },
  quickjs: { open: () => javascript() },
};

for (const [name, { open, takes = () => true }] of Object.entries(backends)) {
  test(`no hostile program gets out of ${name}, and what runs after it is clean`, async () => {
    const canary = await openCanary();
    const interpreter = open();
    try {
      await assertContained(interpreter, canary, hostile[interpreter.language](canary).filter(takes));
    } finally {
      await interpreter.close();
      canary.close();
    }
  });
}

test('the corpus is large, and the canary notices what gets out', async () => {
  const canary = await openCanary();
  const count = (programs: readonly HostileProgram[]) =>
    programs.filter(({ kind }) => kind !== 'poison').length;
  assert.ok(count(hostilePython(canary)) + count(hostileJavascript(canary)) >= 120);
  const escaped = {
    status: 'ok',
    stdout: process.env[canary.variable] ?? '',
    seconds: 0,
    engine: 'none',
  } as const;
  assert.deepEqual(canary.touchedBy(escaped), ['the secret was read']);
  canary.close();
});
