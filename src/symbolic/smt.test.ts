import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { checkCertificate } from './check-program.ts';
import { solvers } from './solvers.ts';

const host = solvers({ processes: 1 });
after(() => host.close());

const program = (declarations: string, constraints: string, query: string) =>
  `Declarations:\n${declarations}\nConstraints:\n${constraints}\nQuery:\n${query}`;
const ADA = '(declare-const a Int)\n(declare-const b Int)';

test('options that follow from equations, bounds and cases, with models and cores that the checker accepts', async () => {
  for (const [text, answer] of [
    [program(ADA, '(= a (* 2 b))\n(= (+ a b) 36)', 'A) (= b 12)\nB) (= a 20)'), 'A'],
    [program(ADA, '(> a 3)\n(< a 5)\n(= b (- a))', 'solve'), 'a = 4, b = (- 4)'],
    [program(ADA, '(> a 3)\n(< a 4)', 'solve'), 'none'],
    [program('(declare-const x Real)', '(> (* 2 x) 3)\n(< (* 2 x) 4)', 'A) (> x 1)\nB) (> x 1.6)'), 'A'],
    [program('(declare-const p Bool)\n(declare-const q Bool)', '(=> p q)\n(or p q)', 'A) q\nB) p'), 'A'],
    [program(ADA, '(distinct a b)\n(<= 1 a 2)\n(<= 1 b 2)\n(< a b)', 'A) (= a 1)\nB) (= b 1)'), 'A'],
  ] as const) {
    const outcome = await host.solve('smt', text);
    assert.deepEqual(
      [outcome.status, outcome.answer, outcome.checked],
      ['answered', answer, true],
      outcome.error,
    );
    assert.equal(checkCertificate('smt', text, 'B', outcome.certificate).verdict, 'refused');
  }
});

test('models and cores that were tampered with are not accepted', async () => {
  const text = program(ADA, '(= a (* 2 b))\n(= (+ a b) 36)', 'A) (= b 12)\nB) (= a 20)');
  const [witness, core, model] = ((await host.solve('smt', text)).certificate as { results: object[] })
    .results;
  const faulty = [
    [witness, { core: [0] }, model],
    [{ model: ['(define-fun a () Int 1)', '(define-fun b () Int 1)'] }, core, model],
    [{ model: ['(define-fun a () Int 1)', '(define-fun = ((x Int) (y Int)) Bool true)'] }, core, model],
    [witness, core, { core: [0, 1] }],
    [witness, core],
  ];
  for (const results of faulty)
    assert.notEqual(checkCertificate('smt', text, 'A', { kind: 'smt', results }).verdict, 'accepted');
});

test('functions are solved, though a core that needs their equality is beyond the check', async () => {
  const text = program(
    '(declare-fun f (Int) Bool)\n(declare-const n Int)',
    '(f 3)\n(not (f n))',
    'A) (not (= n 3))\nB) (f 4)',
  );
  const outcome = await host.solve('smt', text);
  assert.deepEqual([outcome.answer, outcome.checked], ['A', undefined]);
});

test('only terms and declarations reach the solver', async () => {
  for (const text of [
    program('(declare-const x Int)', '(check-sat)', 'solve'),
    program('(set-option :timeout 1)', 'true', 'solve'),
    program('(declare-const x Int)', '(> x 1) (exit)', 'solve'),
    program('(declare-const x Int)', '(> y 3)', 'solve'),
    program('(declare-const x Int)', '(> x 3', 'solve'),
  ]) {
    const { status, error } = await host.solve('smt', text);
    assert.equal(status, 'malformed', `${text}: ${error}`);
  }
});
