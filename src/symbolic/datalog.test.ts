import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openClingo } from '../../test/fixtures/clingo.ts';
import { randomDatalog } from '../../test/fixtures/random-datalog.ts';
import { seeded } from '../core/random.ts';
import { datalog, derivationText } from './datalog.ts';
import { readDatalog } from './datalog-program.ts';
import { checkDerivation, checkModel } from './derivation.ts';
import { ProgramError } from './program-error.ts';
import { ruleText } from './rules.ts';

const rulesOf = (text: string) => readDatalog(`${text}\n?- none.`).rules;

const FAMILY = `
parent(ada, ben). parent(ben, cy). parent(cy, di).
ancestor(X, Z) :- parent(X, Z).
ancestor(X, Z) :- parent(X, Y), ancestor(Y, Z).
person(X) :- parent(X, Y).
person(Y) :- parent(X, Y).
childless(X) :- person(X), not parenting(X).
parenting(X) :- parent(X, Y).`;

test('consequences, through recursion and negation', () => {
  const model = datalog(rulesOf(FAMILY));
  assert.deepEqual([...model.rows('childless', 1)], [['di']]);
  assert.equal([...model.rows('ancestor', 2)].length, 6);
  assert.equal(model.has({ predicate: 'ancestor', values: ['ada', 'di'] }), true);
  assert.equal(model.has({ predicate: 'ancestor', values: ['di', 'ada'] }), false);
});

test('a derivation leads from facts to the conclusion, and is accepted', () => {
  const rules = rulesOf(FAMILY);
  const steps = datalog(rules).derivation({ predicate: 'ancestor', values: ['ada', 'di'] }) ?? [];
  assert.equal(checkDerivation(rules, steps), undefined);
  const lines = derivationText(steps, rules.map(ruleText));
  assert.match(lines.at(-1) ?? '', /^6\. ancestor\(ada, di\) from \d, \d \(ancestor\(X, Z\) :- /);
});

test('a derivation with a step left out, another conclusion or another rule is refused', () => {
  const rules = rulesOf(FAMILY);
  const steps = datalog(rules).derivation({ predicate: 'ancestor', values: ['ada', 'di'] }) ?? [];
  for (const [index, step] of steps.entries()) {
    const broken = [
      { ...step, fact: { ...step.fact, values: ['ben', 'ada'] } },
      { ...step, premises: step.premises.length === 0 ? [index] : [] },
      { ...step, rule: rules.length },
      { ...step, rule: (step.rule + 3) % rules.length },
    ];
    for (const other of broken)
      assert.notEqual(checkDerivation(rules, steps.with(index, other)), undefined, JSON.stringify(other));
  }
});

test('a model that lacks a consequence or holds something else is refused', () => {
  const rules = rulesOf(FAMILY);
  const steps = datalog(rules).derivation() ?? [];
  assert.equal(checkModel(rules, steps), undefined);
  assert.match(checkModel(rules, steps.slice(0, -1)) ?? '', /lacks/);
  const alien = { fact: { predicate: 'parent', values: ['di', 'ada'] }, rule: 0, premises: [] };
  assert.match(checkModel(rules, [...steps, alien]) ?? '', /not the head/);
});

test('unsafe and unstratified rules are refused by name', () => {
  assert.throws(() => datalog(rulesOf('p(X) :- q(Y).')), /Line 1: variable X of "p\(X\) :- q\(Y\)\."/);
  assert.throws(() => datalog(rulesOf('p(X) :- q(X), not r(Z).')), ProgramError);
  assert.throws(
    () => datalog(rulesOf('win(X) :- move(X, Y), not win(Y).\nmove(a, b).')),
    /not stratified: win\/1 depends on its own negation/,
  );
});

test('faulty text is refused with its line', () => {
  assert.throws(() => readDatalog('p(a)\nq(b).\n?- p(X).'), /Line 2: expected "\." at the end/);
  assert.throws(() => readDatalog('p(a).'), /asks nothing/);
  assert.throws(() => readDatalog('p(a). # \n?- p(X).'), /Line 1: cannot read "#/);
  assert.throws(() => readDatalog('p(__proto__, constructor) :- .'), ProgramError);
});

test('names like __proto__ are names', () => {
  const rules = rulesOf('p("__proto__"). constructor(a). p(X) :- constructor(X).');
  assert.deepEqual([...datalog(rules).rows('p', 1)], [['__proto__'], ['a']]);
});

test('agrees with clingo on random stratified programs, and its models pass the check', async () => {
  const clingo = await openClingo();
  const random = seeded('datalog');
  for (let index = 0; index < 500; index++) {
    const { text, predicates } = randomDatalog(random.fork(String(index)));
    const rules = rulesOf(text);
    const model = datalog(rules);
    const own = predicates.flatMap(({ name, arity }) =>
      [...model.rows(name, arity)].map((values) => (arity === 0 ? name : `${name}(${values.join(',')})`)),
    );
    const [answer, second] = clingo(text);
    assert.equal(second, undefined);
    assert.deepEqual(own.sort(), answer?.toSorted(), text);
    assert.equal(checkModel(rules, model.derivation() ?? []), undefined, text);
  }
});
