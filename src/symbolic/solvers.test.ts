import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { InputError, MissingPackageError } from '../core/errors.ts';
import { loadPackage } from '../host/load-package.ts';
import { checkCertificate } from './check-program.ts';
import { GRAMMARS } from './grammars.ts';
import { solvers } from './solvers.ts';

const host = solvers({ processes: 1 });
after(() => host.close());

const BIRDS = `Variables:
owl [IN] [1, 2, 3]
hawk [IN] [1, 2, 3]
wren [IN] [1, 2, 3]
Constraints:
owl < hawk
wren == 3
AllDifferentConstraint([owl, hawk, wren])
`;

test('options that are entailed, possible or impossible, with assignments that the checker accepts', async () => {
  for (const [query, answer] of [
    ['Query:\nA) owl == 1\nB) hawk == 1', 'A'],
    ['Query:\nA) owl == 2\nB) hawk == 1', 'none'],
    ['Query:\nA) owl == 1\nB) hawk > owl', 'A; B'],
    ['Ask: possible\nQuery:\nA) owl == 2\nB) wren - owl == 2', 'B'],
    ['Ask: impossible\nQuery:\nA) owl == 2\nB) abs(hawk - wren) == 1', 'A'],
    ['Query: solve', 'owl = 1, hawk = 2, wren = 3'],
  ] as const) {
    const outcome = await host.solve('constraints', BIRDS + query);
    assert.equal(outcome.answer, answer, `${query} ${outcome.error}`);
    assert.equal(outcome.checked, true);
    assert.equal(checkCertificate('constraints', BIRDS + query, 'C', outcome.certificate).verdict, 'refused');
  }
});

test('words are values too, and constraints that clash are named', async () => {
  const colours =
    'Variables:\na [IN] [red, green]\nb [IN] [red, green]\nConstraints:\na != b ::: They differ.\na == red\n';
  assert.equal((await host.solve('constraints', `${colours}Query: solve`)).answer, 'a = red, b = green');
  const clash = await host.solve('constraints', `${colours}b == red ::: b is red.\nQuery:\nA) a == red`);
  assert.equal(clash.status, 'contradictory');
  assert.match(clash.error ?? '', /They differ\. · .*b is red\./);
});

test('faults come back as values that name them', async () => {
  const malformed = await host.solve(
    'constraints',
    'Variables:\na [IN] [1, 2]\nConstraints:\na == c\nQuery: solve',
  );
  assert.deepEqual(
    [malformed.status, malformed.error],
    ['malformed', 'Line 4: c is neither a variable nor a value; the variables are a'],
  );
  assert.equal((await host.solve('datalog', 'p(a) :- not p(a).\n?- p(a).')).status, 'malformed');
  assert.equal((await host.solve('datalog', 'p(a).\n?- p(X).', { outputCharacters: 5 })).status, 'output');
  assert.equal((await host.solve('datalog', `p(${'a'.repeat(2 ** 20)}).`)).status, 'refused');
  await assert.rejects(host.solve('datalog', 'p(a).', { seconds: 0 }), InputError);
});

test('what runs too long is stopped, and the next program is served', async () => {
  const endless = `${Array.from({ length: 60 }, (_, index) => `n(${index}).`).join('\n')}
p(A, B, C, D, E) :- n(A), n(B), n(C), n(D), n(E).\n?- p(A, B, C, D, E).`;
  const stopped = await host.solve('datalog', endless, { seconds: 0.3, memoryMiB: 2048 });
  assert.equal(stopped.status, 'timeout');
  assert.equal((await host.solve('datalog', 'p(a).\n?- p(X).')).answer, 'a');
  const full = await host.solve('datalog', endless, { seconds: 60, memoryMiB: 64 });
  assert.equal(full.status, 'memory');
  assert.equal((await host.solve('datalog', 'p(b).\n?- p(X).')).answer, 'b');
});

test('an aborted run rejects with the reason', async () => {
  const reason = new Error('enough');
  await assert.rejects(
    host.solve('datalog', 'p(a).\n?- p(X).', { signal: AbortSignal.abort(reason) }),
    reason,
  );
});

test('a package that is not installed is named', async () => {
  const absent = () =>
    Promise.reject(Object.assign(new Error('no such module'), { code: 'ERR_MODULE_NOT_FOUND' }));
  await assert.rejects(
    loadPackage('z3-solver', 'Solving constraints', absent),
    (error: Error) => error instanceof MissingPackageError && /npm install z3-solver/.test(error.message),
  );
});

test('the example of every grammar is answered, with a certificate where there is one', async () => {
  for (const [formalism, grammar] of Object.entries(GRAMMARS)) {
    if (grammar === '') continue;
    const example = grammar.slice(grammar.lastIndexOf('Example:\n') + 'Example:\n'.length);
    const outcome = await host.solve(formalism as keyof typeof GRAMMARS, example);
    assert.equal(outcome.status, 'answered', `${formalism}: ${outcome.error}`);
    assert.equal(outcome.checked, true, formalism);
  }
});
