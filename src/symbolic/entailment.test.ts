import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { sharedData } from '../../test/shared-data.ts';
import { checkFirstOrder } from './check-first-order.ts';
import { solveFirstOrder } from './entailment.ts';
import { formulaText, readFirstOrder } from './first-order.ts';
import { ContradictionError, ProgramError, UndecidedError } from './program-error.ts';

const program = (premises: readonly string[], conclusion: string) =>
  `Premises:\n${premises.join('\n')}\nConclusion:\n${conclusion}`;

const CASES: readonly [premises: readonly string[], conclusion: string, answer: string][] = [
  [['∀x (Man(x) → Mortal(x))', 'Man(socrates)'], 'Mortal(socrates)', 'true'],
  [['∀x (Man(x) → Mortal(x))', 'Man(socrates)'], '¬Mortal(socrates)', 'false'],
  [['∀x (Man(x) → Mortal(x))', 'Mortal(socrates)'], 'Man(socrates)', 'unknown'],
  [['∃x (P(x) ∧ Q(x))', '∀x (P(x) → R(x))'], '∃x (Q(x) ∧ R(x))', 'true'],
  [['∀x ∃y Loves(x, y)'], '∃y Loves(tom, y)', 'true'],
  [['∀x ∃y Loves(x, y)'], '∃y ∀x Loves(x, y)', 'unknown'],
  [['∃y ∀x Loves(x, y)'], '∀x ∃y Loves(x, y)', 'true'],
  [['P(a) ⊕ Q(a)', 'P(a)'], 'Q(a)', 'false'],
  [['P(a) ↔ Q(a)', '¬Q(a)'], 'P(a)', 'false'],
  [['tom = thomas', 'Cat(tom)'], 'Cat(thomas)', 'true'],
  [['Cat(tom)', '¬Cat(ann)'], 'tom ≠ ann', 'true'],
  [['Cat(tom)'], 'tom = ann', 'unknown'],
  [['Price(book, 12)', '∀x ∀y (Price(x, y) ∧ y > 9 → Dear(x))'], 'Dear(book)', 'true'],
  [['Price(book, 5)', '∀x ∀y (Price(x, y) ∧ y > 9 → Dear(x))'], 'Dear(book)', 'unknown'],
  [['Even(zero)', 'forall x (Even(x) -> Even(s(s(x))))'], 'Even(s(s(s(s(zero)))))', 'true'],
  [['P(x) → Q(x)', 'P(a)'], 'Q(a)', 'true'],
  [[], 'P(a) ∨ ¬P(a)', 'true'],
];

test('entailed, refuted and open conclusions, with certificates that the checker accepts for that answer only', () => {
  for (const [premises, conclusion, answer] of CASES) {
    const text = program(premises, conclusion);
    const solved = solveFirstOrder(text);
    assert.equal(solved.answer, answer, text);
    for (const claimed of ['true', 'false', 'unknown'])
      assert.equal(
        checkFirstOrder(text, claimed, solved.certificate).verdict,
        claimed === answer ? 'accepted' : 'refused',
        `${text}: ${claimed}`,
      );
  }
});

test('a refutation without one of its instances is refused', () => {
  for (const [premises, conclusion, answer] of CASES) {
    if (answer === 'unknown') continue;
    const text = program(premises, conclusion);
    const { instances } = solveFirstOrder(text).certificate as { instances: unknown[] };
    for (let index = 0; index < instances.length; index++)
      assert.equal(
        checkFirstOrder(text, answer, { kind: 'refutation', instances: instances.toSpliced(index, 1) })
          .verdict,
        'refused',
      );
  }
});

test('structures in which a premise fails are refused', () => {
  const text = program(['∀x (Man(x) → Mortal(x))', 'Mortal(socrates)'], 'Man(socrates)');
  const empty = { things: ['socrates'], facts: [] };
  assert.equal(
    checkFirstOrder(text, 'unknown', { kind: 'structures', without: empty, with: empty }).verdict,
    'refused',
  );
  const nobody = { things: ['plato'], facts: [] };
  assert.equal(
    checkFirstOrder(text, 'unknown', { kind: 'structures', without: nobody, with: nobody }).verdict,
    'beyond',
  );
  assert.equal(checkFirstOrder(text, 'unknown', { kind: 'structures' }).verdict, 'refused');
});

test('premises that contradict each other prove nothing', () => {
  assert.throws(() => solveFirstOrder(program(['P(a)', '¬P(a)'], 'Q(a)')), ContradictionError);
});

test('what has only infinite structures is left undecided', () => {
  const endless = ['∀x ∃y Less(x, y)', '∀x ¬Less(x, x)', '∀x ∀y ∀z (Less(x, y) ∧ Less(y, z) → Less(x, z))'];
  assert.throws(() => solveFirstOrder(program(endless, 'P(a)')), UndecidedError);
});

test('how far quantifiers and connectives reach', () => {
  const reads: readonly [string, string][] = [
    ['∀x (P(x)) → Q(a)', '(∀x P(x) → Q(a))'],
    ['∀x P(x) → Q(x)', '∀x (P(x) → Q(x))'],
    ['∀x (P(x)) ∧ Q(x)', '∀x (P(x) ∧ Q(x))'],
    ['¬∃x ∃y (R(x, y)) ∧ Q(a)', '(¬∃x ∃y R(x, y) ∧ Q(a))'],
    ['P(a) ∧ Q(a) ∨ R(a) → S(a)', '(((P(a) ∧ Q(a)) ∨ R(a)) → S(a))'],
    ['P(a) -> Q(a) -> R(a)', '(P(a) → (Q(a) → R(a)))'],
    ['(x = y)', '∀x ∀y x = y'],
  ];
  for (const [text, printed] of reads)
    assert.equal(formulaText(readFirstOrder(`Conclusion:\n${text}`).conclusion), printed);
});

test('faulty formulas are refused with their line', () => {
  const cases: readonly [string, RegExp][] = [
    ['P(a', /Line 2: expected "," or "\)", found the end/],
    ['P(a) Q(a)', /Line 2: expected a connective or the end, found "Q"/],
    ['∀ (P(a))', /expected a variable after the quantifier, found "\("/],
    ['P(a, _)', /expected a quantified variable or a constant, found "_"/],
    ['P(a) ∧ P(a, b)', /The predicate P is used with 1 terms and with 2/],
    ['('.repeat(300), /nests deeper than 200/],
    ['x', /a predicate instead of the variable x/],
  ];
  for (const [text, message] of cases)
    assert.throws(
      () => readFirstOrder(`Conclusion:\n${text}`),
      (error: Error) => error instanceof ProgramError && message.test(error.message),
      text,
    );
});

const recorded = sharedData('recorded/logic_lm/FOLIO_dev_gpt-4.json');
test('each recorded FOLIO program that is answered has a certificate that is accepted', {
  skip: !recorded && 'needs ../shared/data',
}, () => {
  const rows = JSON.parse(readFileSync(recorded as string, 'utf8')) as { raw_logic_programs: string[] }[];
  let answered = 0;
  for (const {
    raw_logic_programs: [text = ''],
  } of rows) {
    try {
      const { answer, certificate } = solveFirstOrder(text);
      answered++;
      assert.deepEqual(checkFirstOrder(text, answer, certificate), { verdict: 'accepted' });
    } catch (cause) {
      assert.ok(cause instanceof ProgramError || cause instanceof ContradictionError);
    }
  }
  assert.ok(answered >= 190);
});
