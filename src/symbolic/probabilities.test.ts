import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkProbabilities } from './check-probabilities.ts';
import { solveProbabilities } from './probabilities.ts';
import { ContradictionError, ProgramError, UndecidedError } from './program-error.ts';

const SPRINKLER = `Probabilities:
P(Rain) = 0.2
P(Sprinkler | Rain) = 0.01
P(Sprinkler | not Rain) = 0.4
P(Wet | Rain, Sprinkler) = 0.99
P(Wet | Rain, not Sprinkler) = 0.8
P(Wet | not Rain, Sprinkler) = 0.9
P(Wet | not Rain, not Sprinkler) = 0
`;
const URN = `Model:
urn bag = red: 3, blue: 5
a, b ~ draw(bag)
die ~ uniform(1..6)
coin ~ if die > 4 then flip(0.9) else flip(1/3)
`;

const number = (answer: string) => Number(/[-\d.e]+(?=\)?$)/.exec(answer.split(' ±')[0] ?? '')?.[0]);

test('exact answers of networks and urns, with tables of worlds that the checker accepts', () => {
  const cases: [string, string, number][] = [
    [SPRINKLER, 'P(Rain | Wet)', 0.16038 / 0.44838], // .2(.01·.99 + .99·.8) over that plus .8·.4·.9
    [SPRINKLER, 'P(Rain | do(Wet))', 0.2],
    [SPRINKLER, 'P(Wet | do(Sprinkler))', 0.2 * 0.99 + 0.8 * 0.9],
    [SPRINKLER, 'P(Wet | do(Sprinkler)) - P(Wet | do(not Sprinkler))', 0.918 - 0.16],
    [URN, 'P(a == red and b == red)', 3 / 28],
    [URN, 'P(b == red | a == blue)', 3 / 7],
    [URN, 'P(die == 6 | coin)', 27 / 94],
    [URN, 'P(a == red or die + 1 > 6)', 3 / 8 + 1 / 6 - 1 / 16],
  ];
  for (const [model, query, expected] of cases) {
    const text = `${model}Query: ${query}`;
    const { answer, certificate } = solveProbabilities(text);
    assert.ok(Math.abs(number(answer) - expected) < 1e-9, `${query}: ${answer}`);
    assert.deepEqual(checkProbabilities(text, answer, certificate), { verdict: 'accepted' });
    assert.equal(checkProbabilities(text, '0.5', certificate).verdict, 'refused');
    const [table, ...tables] = (certificate as { tables: string[][][] }).tables;
    const shorter = { kind: 'worlds', tables: [table?.slice(1), ...tables] };
    assert.equal(checkProbabilities(text, answer, shorter).verdict, 'refused');
  }
});

test('fractions come out exactly', () => {
  assert.equal(solveProbabilities(`${URN}Query: P(a == red and b == red)`).answer, '3/28 (0.1071428571)');
});

test('counterfactuals: what the intervention does not reach is shared, what it reaches twice is refused', () => {
  const mediation = `Probabilities:
P(X = 1) = 0.8
P(M = 1 | X = 0) = 0.3
P(M = 1 | X = 1) = 0.7
P(Y = 1 | X = 0, M = 0) = 0.1
P(Y = 1 | X = 0, M = 1) = 0.6
P(Y = 1 | X = 1, M = 0) = 0.5
P(Y = 1 | X = 1, M = 1) = 0.9
Query: `;
  const direct = solveProbabilities(`${mediation}P(Y[X = 1, M = M[X = 0]] = 1) - P(Y[X = 0] = 1)`).answer;
  assert.ok(Math.abs(number(direct) - (0.7 * 0.5 + 0.3 * 0.9 - (0.7 * 0.1 + 0.3 * 0.6))) < 1e-9);
  assert.throws(() => solveProbabilities(`${mediation}P(Y[X = 0] = 1 | Y = 1)`), /two worlds at once/);
});

test('samplers come within four of their standard errors', () => {
  for (const [model, query] of [
    [SPRINKLER, 'P(Rain | Wet)'],
    [SPRINKLER, 'P(Sprinkler | Wet, Rain)'],
    [URN, 'P(die == 6 | coin)'],
    [URN, 'P(a == red | b == red)'],
  ]) {
    const exact = number(solveProbabilities(`${model}Query: ${query}`).answer);
    for (const method of ['likelihood-weighting', 'metropolis-hastings']) {
      const { answer, certificate } = solveProbabilities(
        `${model}Method: ${method} 20000 seed 3\nQuery: ${query}`,
      );
      const [value = 0, error = 0] = answer.split(' ± ').map(Number);
      assert.ok(Math.abs(value - exact) <= 4 * error, `${method} ${query}: ${answer}, exactly ${exact}`);
      assert.ok(error < 0.05);
      assert.equal(certificate, undefined);
    }
  }
});

test('what is wrong in a program is said', () => {
  const cases: [string, RegExp][] = [
    ['Probabilities:\nP(A | B) = 0.5\nQuery: P(A)', /Line 2: A depends on B, which has no probability/],
    ['Probabilities:\nP(A | B) = 0.5\nP(B | A) = 0.5\nQuery: P(A)', /depends on itself/],
    ['Probabilities:\nP(A) = 1.5\nQuery: P(A)', /1.5 is no probability/],
    ['Probabilities:\nP(A = 1) = 0.5\nP(A = 0) = 0.6\nQuery: P(A = 1)', /sums to 1.1/],
    ['Probabilities:\nP(B) = 0.5\nP(A | B) = 0.5\nQuery: P(A)', /P\(A \| B = false\) is not given/],
    ['Probabilities:\nP(A) = 0.5\nQuery: P(C)', /There is no variable C; there are A/],
    ['Model:\na ~ draw(bag)\nQuery: P(a == red)', /there is no urn bag/],
    ['Model:\na ~ gauss(0)\nQuery: P(a > 0)', /no distribution gauss/],
    [
      'Model:\na ~ flip(0.5)\nProbabilities:\nP(A) = 0.5\nQuery: P(a)',
      /either Probabilities: .* or a Model:/,
    ],
    ['Model:\na ~ flip(0.5)\nQuery: P(a > 2)', /true is no number/],
  ];
  for (const [text, message] of cases)
    assert.throws(
      () => solveProbabilities(text),
      (error: Error) => error instanceof ProgramError && message.test(error.message),
      text,
    );
});

test('a condition of probability 0 is a contradiction, too many worlds are for sampling', () => {
  assert.throws(
    () => solveProbabilities(`${SPRINKLER}Query: P(Rain | Wet, not Rain, not Sprinkler)`),
    ContradictionError,
  );
  const many = Array.from({ length: 20 }, (_, index) => `d${index} ~ uniform(1..6)`).join('\n');
  assert.throws(() => solveProbabilities(`Model:\n${many}\nQuery: P(d0 == 1)`), UndecidedError);
});
