import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { checkCertificate } from './check-program.ts';
import { solvers } from './solvers.ts';

const host = solvers({ processes: 2 });
after(() => host.close());

const APPEND = 'app([], L, L).\napp([H|T], L, [H|R]) :- app(T, L, R).\n';
const LENGTH = 'len([], 0).\nlen([_|T], N) :- len(T, M), N is M + 1.\n';

test('answers with a proof that the checker accepts for that answer only', async () => {
  for (const [text, answer] of [
    [`${APPEND}?- app([a], [b, c], X).`, 'X = [a,b,c]'],
    [`${LENGTH}?- len([a, b, c], N).`, 'N = 3'],
    ['p(-3).\nq(X) :- p(Y), X is Y * 2 + 1, X < 0.\n?- q(X).', 'X = -5'],
    ['p(a).\n?- p(a).', 'true'],
  ] as const) {
    const outcome = await host.solve('prolog', text);
    assert.deepEqual([outcome.answer, outcome.checked], [answer, true], outcome.error);
    assert.equal(checkCertificate('prolog', text, 'X = z', outcome.certificate).verdict, 'refused');
  }
});

test('a proof with a step that no clause gives is refused', () => {
  const text = `${LENGTH}?- len([a], N).`;
  for (const steps of [
    [['len([a],7)', 'true']],
    [
      ['len([a],2)', "','(len([],0),is(2,+(0,1)))"],
      ['len([],0)', 'true'],
      ['is(2,+(0,1))', 'builtin'],
    ],
    [
      ['len([a],1)', "','(len([],0),is(1,+(0,1)))"],
      ['len([],0)', 'true'],
    ],
  ])
    assert.equal(
      checkCertificate('prolog', text, `N = ${steps[0]?.[0]?.at(-2)}`, { kind: 'resolution', steps }).verdict,
      'refused',
    );
});

test('all answers are listed, failure is false, and neither claims a certificate', async () => {
  const all = await host.solve('prolog', `${APPEND}?- app(X, _, [1, 2]).`);
  assert.deepEqual([all.answer, all.checked], ['X = [1,2]; X = [1]; X = []', undefined]);
  const none = await host.solve('prolog', 'p(a).\n?- p(b).');
  assert.deepEqual([none.answer, none.checked, none.certificate], ['false', undefined, undefined]);
});

test('faults are named, and the system is out of reach', async () => {
  for (const [text, message] of [
    ['p(a.\n?- p(b).', /cannot read the program: .*Syntax error/],
    ['p(a).\n?- q(b).', /Unknown procedure: q\/1/],
    ['?- X is foo + 1.', /foo\/0' is not a function/],
    ['p(a).', /asks nothing/],
    ['?- open("/etc/passwd", read, S).', /does not exist/],
  ] as const) {
    const { status, error = '' } = await host.solve('prolog', text);
    assert.equal(status, 'malformed', text);
    assert.match(error, message);
  }
  const canary = join(tmpdir(), `reckon-canary-${process.pid}`);
  await host.solve('prolog', `?- shell('touch ${canary}').`); // it says true and does nothing
  await host.solve('prolog', `?- open('${canary}', write, S), close(S).`);
  assert.equal(existsSync(canary), false);
  assert.match(
    (await host.solve('prolog', '?- X := eval("process.pid").')).error ?? '',
    /window is not defined/,
  );
});

test('a program does not see the clauses of another', async () => {
  await host.solve('prolog', 'secret(42).\n?- secret(X).');
  assert.equal((await host.solve('prolog', '?- secret(X).')).status, 'malformed');
});
