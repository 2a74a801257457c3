import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Random } from '../core/random.ts';
import { seeded } from '../core/random.ts';
import { cannotHold } from './check-propositions.ts';
import type { Proposition } from './ground.ts';
import { clausesOf } from './propositions.ts';
import { satisfy } from './sat.ts';

function randomClauses(random: Random, variables: number): number[][] {
  return Array.from({ length: Math.floor(variables * (3 + 3 * random.next())) }, () =>
    Array.from(
      { length: 1 + random.integer(3) },
      () => (1 + random.integer(variables)) * (random.next() < 0.5 ? -1 : 1),
    ),
  );
}

const holds = (clauses: readonly (readonly number[])[], values: (variable: number) => boolean) =>
  clauses.every((clause) => clause.some((literal) => values(Math.abs(literal)) === literal > 0));

function bruteForce(variables: number, clauses: readonly (readonly number[])[]): boolean {
  for (let bits = 0; bits < 2 ** variables; bits++)
    if (holds(clauses, (variable) => ((bits >> (variable - 1)) & 1) === 1)) return true;
  return false;
}

test('agrees with trying all values; models satisfy, cores of assumptions do not', () => {
  const random = seeded('sat');
  for (let round = 0; round < 1500; round++) {
    const variables = 3 + random.integer(7);
    const clauses = randomClauses(random, variables);
    const assumptions = [
      ...new Set(Array.from({ length: random.integer(3) }, () => 1 + random.integer(variables))),
    ];
    const result = satisfy(variables, clauses, assumptions);
    const all = [...clauses, ...assumptions.map((literal) => [literal])];
    assert.equal(result.satisfiable, bruteForce(variables, all), JSON.stringify(all));
    if (result.satisfiable) assert.ok(holds(all, (variable) => result.values[variable] === true));
    else {
      assert.ok(result.core.every((literal) => assumptions.includes(literal)));
      assert.equal(bruteForce(variables, [...clauses, ...result.core.map((literal) => [literal])]), false);
    }
  }
});

test('seven pigeons do not fit into six holes', () => {
  const [pigeons, holes] = [7, 6];
  const at = (pigeon: number, hole: number) => pigeon * holes + hole + 1;
  const range = (length: number) => Array.from({ length }, (_, index) => index);
  const clauses = range(pigeons).map((pigeon) => range(holes).map((hole) => at(pigeon, hole)));
  for (const hole of range(holes))
    for (const one of range(pigeons))
      for (const other of range(one)) clauses.push([-at(one, hole), -at(other, hole)]);
  assert.equal(satisfy(pigeons * holes, clauses).satisfiable, false);
});

test('the independent case split agrees on nested propositions', () => {
  const random = seeded('propositions');
  const draw = (depth: number, from: Random): Proposition =>
    depth === 0 || from.next() < 0.3
      ? { kind: 'literal', literal: (1 + from.integer(6)) * (from.next() < 0.5 ? -1 : 1) }
      : {
          kind: from.next() < 0.5 ? 'all' : 'any',
          parts: Array.from({ length: from.integer(4) }, () => draw(depth - 1, from)),
        };
  let refuted = 0;
  for (let round = 0; round < 1500; round++) {
    const propositions = Array.from({ length: 1 + random.integer(8) }, () => draw(3, random));
    const { variables, clauses, roots } = clausesOf(propositions, 6);
    const { satisfiable } = satisfy(variables, clauses, roots);
    assert.equal(cannotHold(propositions), !satisfiable);
    if (!satisfiable) refuted++;
  }
  assert.ok(refuted > 300 && refuted < 1300);
});
