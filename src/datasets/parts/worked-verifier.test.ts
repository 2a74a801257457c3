import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Problem } from '../../core/problem.ts';
import { checkAbductionSteps } from '../abduction.ts';
import { checkArithmeticSteps } from '../arithmetic.ts';
import { checkCommonSenseSteps, EVERYDAY_FACTS } from '../common-sense.ts';
import { checkCountdownSteps } from '../countdown.ts';
import { checkDeductionSteps } from '../deduction.ts';
import { checkInductionSteps } from '../induction.ts';
import { checkKinshipSteps } from '../kinship.ts';
import { equationSteps } from './equation-steps.ts';
import type { Worked } from './worked.ts';
import { MOST_STEPS } from './worked.ts';

const asked = (text: string) => ({
  id: 'q',
  messages: [{ role: 'user', text }] as const,
  answerKind: 'text' as const,
});

describe('a step may come by any valid way', () => {
  test('arithmetic: any order that precedence allows, with or without the elementary lines', () => {
    const check = (...steps: string[]) =>
      checkArithmeticSteps({ ...asked('What is 100 - 20 + 3 * 4 * 5?'), answerKind: 'number' }, steps);
    assert.deepEqual(
      check('4 * 5 = 20', '3 * 20 = 60', '60 - 20 = 40', '40 + 100 = 140', 'The answer is 140'),
      [1, 1, 1, 1, 1],
    );
    assert.deepEqual(
      check('100 - 20 = 80', '3 × 4 = 12', '12 * 5 = 60', 'So the answer is 140.'),
      [1, 1, 1, 1],
    );
    assert.deepEqual(check('20 + 3 = 23', '100 - 20 = 80', '80 + 3 = 83', 'The answer is 83'), [0, 1, 0, 0]);
    assert.deepEqual(check('3 * 4 = 13', '13 * 5 = 65', 'The answer is 145'), [0, 0, 0]);
  });

  test('word problems: another order, several operations in a line, the net change', () => {
    const steps = ['20 + 9 = 29', '29 - 4 = 25', '25 * 3 = 75', 'The answer is 75'];
    const problem: Problem<Worked> = {
      ...asked('…'),
      answerKind: 'number',
      reference: { answer: '75', steps },
    };
    const check = (...lines: string[]) => equationSteps({ reusesNumbers: false })(problem, lines);
    assert.deepEqual(check('9 + 20 = 29', 'That leaves 29 - 4 = 25 apples.', '3 * 25 = 75'), [1, 1, 1]);
    assert.deepEqual(check('20 + 9 - 4 = 25', '25 * 3 = 75', 'The answer is 75'), [1, 1, 1]);
    assert.deepEqual(check('9 - 4 = 5', '20 + 5 = 25', '(20 + 5) * 3 = 75'), [1, 1, 1]);
    assert.deepEqual(check('20 + 4 = 24', '20 - 9 = 11', '29 - 4 = 25', '75 = 75'), [0, 0, 0, 0]);
    assert.deepEqual(check('20 + 9 = 29', '20 + 9 = 29', '9 + 20 = 29'), [1, 0, 0]);
  });

  test('countdown: any operations, fractions too, and the numbers left in any order', () => {
    const question = {
      ...asked('…'),
      answerKind: 'expression' as const,
      given: { numbers: [3, 3, 8, 8], target: 24 },
    };
    const right = [
      '8 / 3 = 8/3 (left: 8 3 8/3)',
      '3 - 8/3 = 1/3 (left: 8 1/3)',
      '8 / 1/3 = 24 (left: 24)',
      'Answer: 8 / (3 - 8 / 3) = 24',
    ];
    assert.deepEqual(checkCountdownSteps(question, right), [1, 1, 1, 1]);
    const wrong = [
      '8 + 8 = 16 (left: 3 16)',
      '8 * 3 = 24 (left: 24)',
      'Answer: 8 * 3 = 24',
      'Answer: 8 * 3 = 24',
    ];
    assert.deepEqual(checkCountdownSteps(question, wrong), [0, 0, 0, 0]);
    const search = { ...question, given: { numbers: [4, 5, 6], target: 44 } };
    assert.deepEqual(
      checkCountdownSteps(search, [
        '5 * 4 = 20 (left: 6 20), no',
        '6 + 5 = 11 (left: 4 11), no', // it does lead on
        '6 + 5 = 11 (left: 4 11), 11 + 4 = 15',
        '6 + 5 = 11 (left: 4 12), 11 * 4 = 44',
        '6 + 5 = 11, 11 * 4 = 44',
        '6 + 5 = 11 (left: 4 11), 11 * 4 = 44',
        'The answer is (6 + 5) * 4',
      ]),
      [1, 0, 0, 0, 0, 1, 1],
    );
  });

  test('deduction: facts in any order, each from one rule; unknown only when nothing is left', () => {
    const text = 'Every blimp is a dump. Every dump is red. Every blimp is cold. Rex is a blimp. ';
    const open = asked(`${text}True, false or unknown: Rex is loud?`);
    assert.deepEqual(
      checkDeductionSteps(open, [
        'Rex is cold.',
        'Every blimp is a dump, so Rex is a dump.',
        'Rex is red.',
        'Nothing more follows.',
        'The answer is unknown',
      ]),
      [1, 1, 1, 1, 1],
    );
    assert.deepEqual(
      checkDeductionSteps(open, ['Rex is red.', 'Nothing more follows.', 'The answer is unknown']),
      [0, 0, 0],
    );
    const settled = asked(`${text}Is it true, false or unknown that Rex is not red?`);
    assert.deepEqual(
      checkDeductionSteps(settled, ['Rex is a dump.', 'Rex is red.', 'The answer is false']),
      [1, 1, 1],
    );
    assert.deepEqual(checkDeductionSteps(settled, ['The answer is false']), [0]);
  });

  test('induction: any rule that explains every example', () => {
    const question = asked('A rule turns lists into lists:\n1 2 -> 3 4\n5 5 -> 7 7\nWhat comes out of 4 9?');
    assert.deepEqual(
      checkInductionSteps(question, [
        'Rule: add 1, add 1',
        'add 1: 5 10',
        'add 1: 6 11',
        'The answer is [6, 11]',
      ]),
      [1, 1, 1, 1],
    );
    assert.deepEqual(
      checkInductionSteps(question, [
        '5 5 -> add 2 -> 7 7',
        '4 9 -> add 1 -> 5 10 -> add 1 -> 6 11',
        'The answer is 6 11',
      ]),
      [1, 1, 1],
    );
    assert.deepEqual(
      checkInductionSteps(question, ['Rule: add 3', 'add 3: 7 12', 'The answer is 7 12']),
      [0, 0, 0],
    );
    assert.deepEqual(
      checkInductionSteps(question, [
        '1 2 -> add 3 -> 4 5',
        '4 9 -> add 1 -> 5 10 -> add 1 -> 6 12',
        '7 7 -> add 1 -> 8 8 -> add 1 -> 9 9',
        'The answer is 6 11',
      ]),
      [0, 0, 0, 0],
    );
  });

  test('kinship: from either end, with a fact of the story turned round', () => {
    const question = asked('Ada is the sister of Ben. Carl is the son of Ben. How is Ada related to Carl?');
    assert.deepEqual(
      checkKinshipSteps(question, [
        'Ben is the father of Carl.',
        'Ada is the aunt of Carl.',
        'The answer is aunt',
      ]),
      [1, 1, 1],
    );
    assert.deepEqual(
      checkKinshipSteps(question, ['Carl is the nephew of Ada.', 'The answer is aunt']),
      [1, 1],
    );
    assert.deepEqual(
      checkKinshipSteps(question, ['Ada is the mother of Carl.', 'The answer is mother']),
      [0, 0],
    );
    const inLaws = asked('Ada is the mother of Ben. Ben is the son of Carl. How is Ada related to Carl?');
    assert.deepEqual(checkKinshipSteps(inLaws, ['Ada is the sister of Carl.']), [0]);
  });

  test('abduction weighs all evidence; of common sense the decisive facts are enough', () => {
    const choices = [
      { label: 'A', text: 'rust' },
      { label: 'B', text: 'frost' },
    ];
    const text =
      'Rust causes noise and fog. Frost causes fog and glow. Glow leads to haze. There is haze and fog.';
    const question = {
      ...asked(`${text} What is the best explanation?\nA. rust\nB. frost`),
      answerKind: 'choice' as const,
      choices,
    };
    const found = 'B. frost: haze, glow, fog; fog yes, haze yes; B fits';
    assert.deepEqual(checkAbductionSteps(question, [found, 'The answer is B']), [1, 1]);
    for (const line of [
      'A. rust: fog, noise; fog yes, haze yes; A fits', // it does not lead to haze
      'A. rust: fog, noise; fog yes; A fits', // not all that was seen
      'A. rust: fog, noise; fog yes, fog yes; A fits',
      'A. rust: fog, noise; fog yes; A is out', // nothing speaks against it
      'A. frost: haze, glow, fog; fog yes, haze yes; A fits', // another letter
      'A. frost: haze, glow, fog; fog yes, haze yes; B fits',
    ])
      assert.deepEqual(checkAbductionSteps(question, [line, 'The answer is A']), [0, 0]);
    assert.deepEqual(checkAbductionSteps(question, ['A. rust: fog, noise; haze no; A is out']), [1]);
    const both = asked('Are both a nail and a candle magnetic? Yes or no?');
    assert.deepEqual(
      checkCommonSenseSteps(both, ['A candle is made of wax.', 'Wax is not magnetic.', 'The answer is no']),
      [1, 1, 1],
    );
    assert.deepEqual(checkCommonSenseSteps(both, ['Wood is not magnetic.', 'The answer is no']), [0, 0]);
    assert.ok(EVERYDAY_FACTS >= 150);
  });
});

test('what comes after the answer, again, or beyond the limits is worth nothing', () => {
  const question = { ...asked('What is 1 + 2?'), answerKind: 'number' as const };
  assert.deepEqual(checkArithmeticSteps(question, ['1 + 2 = 3', 'The answer is 3', '']), [1, 1, 0]);
  assert.deepEqual(checkArithmeticSteps(question, ['1 + 2 = 3', 'The answer is 3', 'Sure.']), [1, 0, 0]);
  assert.deepEqual(checkArithmeticSteps(question, [`1 + 2 = 3${' '.repeat(400)}`]), [0]);
  const many = [...Array<string>(MOST_STEPS).fill(''), '1 + 2 = 3'];
  assert.equal(checkArithmeticSteps(question, many).at(-1), 0);
});
