import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDatalog, checkLogicProgram } from './check-rules.ts';
import { ContradictionError, ProgramError } from './program-error.ts';
import { solveDatalog, solveLogicProgram } from './solve-rules.ts';

const program = (query: string, world = '') => `${world}Predicates:
Cat($x, bool) ::: Is x a cat?
Shy($x, bool) ::: Is x shy?
Facts:
Cat(Tom, True) ::: Tom is a cat.
Rules:
Cat($x, True) >>> Mammal($x, True) ::: Cats are mammals.
Mammal($x, True) && Cat($x, True) >>> Shy($x, False)
Query:
${query}`;

test('what follows is true, what follows negated is false, the rest is unknown', () => {
  for (const [query, answer] of [
    ['Mammal(Tom, True) ::: Tom is a mammal.', 'true'],
    ['!Mammal(Tom, True)', 'false'],
    ['Shy(Tom, True)', 'false'],
    ['Shy(Tom, False)', 'true'],
    ['Cat(Ann, True)', 'unknown'],
  ] as const) {
    const solved = solveLogicProgram(program(query));
    assert.equal(solved.answer, answer, query);
    assert.deepEqual(checkLogicProgram(program(query), answer, solved.certificate), { verdict: 'accepted' });
    for (const other of ['true', 'false', 'unknown'])
      if (other !== answer)
        assert.equal(checkLogicProgram(program(query), other, solved.certificate).verdict, 'refused');
  }
});

test('the proof speaks the words of the author', () => {
  const { proof } = solveLogicProgram(program('Mammal(Tom, True)'));
  assert.deepEqual(proof, ['1. Cat("Tom") (Tom is a cat.)', '2. Mammal("Tom") from 1 (Cats are mammals.)']);
});

test('in a closed world what does not follow is false, and a negative condition asks for that', () => {
  const closed = `World: closed
Facts:
Bird(tweety, True)
Bird(pingu, True)
Penguin(pingu, True)
Rules:
Bird($x, True) && Penguin($x, False) >>> Flies($x, True)
Query:
`;
  for (const [query, answer] of [
    ['Flies(tweety, True)', 'true'],
    ['Flies(pingu, True)', 'false'],
  ] as const) {
    const solved = solveLogicProgram(closed + query);
    assert.equal(solved.answer, answer);
    assert.equal(checkLogicProgram(closed + query, answer, solved.certificate).verdict, 'accepted');
  }
});

test('a query that follows with its opposite is a contradiction', () => {
  const text = 'Facts:\nP(a, True)\nP(a, False)\nQuery:\nP(a, True)';
  assert.throws(() => solveLogicProgram(text), ContradictionError);
});

test('what is wrong in a program is said with its line', () => {
  const cases: [string, RegExp][] = [
    ['Facts:\nCat(Tom True)\nQuery:\nCat(Tom, True)', /Line 2: expected "\)" after the terms, found "True"/],
    ['Cat(Tom, True)', /Line 1: "Cat\(Tom, True\)" stands before the first section/],
    ['Facts:\nCat(Tom, True)', /section Query: is missing/],
    ['Facts:\nCat($x, True)\nQuery:\nCat(Tom, True)', /Line 2: the fact "Cat\(\$x, True\)" has the variable/],
    [
      'Predicates:\nCat($x, bool)\nFacts:\nCat(a, b, True)\nQuery:\nCat(a, True)',
      /Line 4: Cat is used with 2/,
    ],
    ['Rules:\nCat($x, True) >>> Dog($y, True)\nQuery:\nCat(a, True)', /Line 2: variable \$y/],
    ['Query:\nCat(a, True)\nDog(a, True)', /Line 3: the query has a second statement/],
    ['World: flat\nQuery:\nCat(a, True)', /write open or closed/],
  ];
  for (const [text, message] of cases) {
    assert.throws(
      () => solveLogicProgram(text),
      (error: Error) => error instanceof ProgramError && message.test(error.message),
      text,
    );
  }
});

test('Datalog queries give all values, true, false or none', () => {
  const facts = 'edge(a, b). edge(b, c). path(X, Y) :- edge(X, Y). path(X, Z) :- path(X, Y), edge(Y, Z).\n';
  for (const [query, answer] of [
    ['?- path(a, X).', 'b; c'],
    ['?- path(a, c).', 'true'],
    ['?- path(c, a).', 'false'],
    ['?- path(c, X).', 'none'],
    ['?- path(X, X).', 'none'],
  ] as const) {
    const solved = solveDatalog(facts + query);
    assert.equal(solved.answer, answer);
    assert.equal(checkDatalog(facts + query, answer, solved.certificate).verdict, 'accepted', query);
    assert.equal(checkDatalog(facts + query, 'b', solved.certificate).verdict, 'refused');
  }
});
