/**
 * A satisfiability solver: conflict-driven clause learning with two watched literals, first unique implication points,
 * variable activities and Luby restarts (Marques-Silva and Sakallah 1999; Eén and Sörensson 2003). Literals are whole
 * numbers, negative where negated; variables count from 1.
 */
import { UndecidedError } from './program-error.ts';

/** Conflicts after which the search gives up. */
export const MOST_CONFLICTS = 200_000;

export type SatResult =
  | { readonly satisfiable: true; readonly values: readonly boolean[] } // by variable; index 0 is unused
  | { readonly satisfiable: false; readonly core: readonly number[] }; // assumptions that cannot all hold

const RESTART_CONFLICTS = 64;
const DECAY = 1 / 0.95;
const LARGEST_ACTIVITY = 1e100;

/**
 * Looks for values that satisfy all clauses and assumptions. Throws UndecidedError after `MOST_CONFLICTS` conflicts.
 */
export function satisfy(
  variables: number,
  clauses: readonly (readonly number[])[],
  assumptions: readonly number[] = [],
): SatResult {
  const value = new Int8Array(variables + 1); // 1 true, -1 false, 0 open
  const level = new Int32Array(variables + 1);
  const reason: (number[] | undefined)[] = new Array(variables + 1);
  const activity = new Float64Array(variables + 1);
  const phase = new Int8Array(variables + 1).fill(-1);
  const watches: number[][][] = Array.from({ length: 2 * variables + 2 }, () => []);
  const trail: number[] = [];
  const starts: number[] = []; // of each decision level in the trail
  let propagated = 0;
  let bump = 1;
  const slot = (literal: number) => (literal > 0 ? 2 * literal : -2 * literal + 1);
  const truth = (literal: number) =>
    literal > 0 ? (value[literal] as number) : -(value[-literal] as number);

  function assign(literal: number, why: number[] | undefined): void {
    const variable = Math.abs(literal);
    value[variable] = literal > 0 ? 1 : -1;
    level[variable] = starts.length;
    reason[variable] = why;
    trail.push(literal);
  }

  function watch(clause: number[]): void {
    watches[slot(-(clause[0] as number))]?.push(clause);
    watches[slot(-(clause[1] as number))]?.push(clause);
  }

  /** Draws all consequences; the clause that cannot be satisfied, if any. */
  function propagate(): number[] | undefined {
    while (propagated < trail.length) {
      const literal = trail[propagated++] as number;
      const watching = watches[slot(literal)] as number[][];
      let kept = 0;
      for (let index = 0; index < watching.length; index++) {
        const clause = watching[index] as number[];
        if (clause[0] === -literal) [clause[0], clause[1]] = [clause[1] as number, -literal];
        const first = clause[0] as number;
        if (truth(first) === 1) {
          watching[kept++] = clause;
          continue;
        }
        let moved = false;
        for (let other = 2; other < clause.length; other++) {
          const candidate = clause[other] as number;
          if (truth(candidate) === -1) continue;
          clause[1] = candidate;
          clause[other] = -literal;
          watches[slot(-candidate)]?.push(clause);
          moved = true;
          break;
        }
        if (moved) continue;
        watching[kept++] = clause;
        if (truth(first) === -1) {
          while (++index < watching.length) watching[kept++] = watching[index] as number[];
          watching.length = kept;
          return clause;
        }
        assign(first, clause);
      }
      watching.length = kept;
    }
    return undefined;
  }

  function backtrack(to: number): void {
    const start = starts[to];
    if (start === undefined) return;
    for (let index = trail.length - 1; index >= start; index--) {
      const variable = Math.abs(trail[index] as number);
      phase[variable] = value[variable] as number;
      value[variable] = 0;
      reason[variable] = undefined;
    }
    trail.length = start;
    starts.length = to;
    propagated = start;
  }

  /** The clause learnt from a conflict, its asserting literal first, and the level to return to. */
  function analyse(conflict: number[]): { learnt: number[]; to: number } {
    const seen = new Uint8Array(variables + 1);
    const learnt = [0];
    let open = 0;
    let index = trail.length - 1;
    let clause = conflict;
    let literal = 0;
    for (;;) {
      for (const other of clause) {
        const variable = Math.abs(other);
        if (other === literal || seen[variable] || level[variable] === 0) continue;
        seen[variable] = 1;
        activity[variable] = (activity[variable] as number) + bump;
        if ((activity[variable] as number) > LARGEST_ACTIVITY) rescale();
        if (level[variable] === starts.length) open++;
        else learnt.push(other);
      }
      while (!seen[Math.abs(trail[index] as number)]) index--;
      literal = trail[index--] as number;
      open--;
      if (open === 0) break;
      clause = reason[Math.abs(literal)] as number[];
    }
    learnt[0] = -literal;
    bump *= DECAY;
    let deepest = 1;
    for (let place = 2; place < learnt.length; place++)
      if (levelOf(learnt[place]) > levelOf(learnt[deepest])) deepest = place;
    if (learnt.length > 1) [learnt[1], learnt[deepest]] = [learnt[deepest] as number, learnt[1] as number];
    return { learnt, to: learnt.length > 1 ? levelOf(learnt[1]) : 0 };
  }

  function levelOf(literal: number | undefined): number {
    return level[Math.abs(literal ?? 0)] as number;
  }

  function rescale(): void {
    for (let variable = 1; variable <= variables; variable++)
      activity[variable] = (activity[variable] as number) / LARGEST_ACTIVITY;
    bump /= LARGEST_ACTIVITY;
  }

  /** The assumptions that force some assumption to be false. */
  function coreOf(failed: number): number[] {
    const seen = new Set([Math.abs(failed)]);
    const core = [failed];
    for (let index = trail.length - 1; index >= 0; index--) {
      const literal = trail[index] as number;
      if (!seen.has(Math.abs(literal)) || levelOf(literal) === 0) continue;
      const why = reason[Math.abs(literal)];
      if (!why) core.push(literal);
      else for (const other of why) seen.add(Math.abs(other));
    }
    return core;
  }

  for (const clause of clauses) {
    const distinct = [...new Set(clause)];
    if (distinct.some((literal) => distinct.includes(-literal))) continue;
    const [first] = distinct;
    if (first === undefined) return { satisfiable: false, core: [] };
    if (distinct.length === 1) {
      if (truth(first) === -1) return { satisfiable: false, core: [] };
      if (truth(first) === 0) assign(first, undefined);
    } else watch(distinct);
  }

  let conflicts = 0;
  let restartAt = RESTART_CONFLICTS;
  let restarts = 1;
  for (;;) {
    const conflict = propagate();
    if (conflict) {
      if (starts.length === 0) return { satisfiable: false, core: [] };
      if (++conflicts > MOST_CONFLICTS)
        throw new UndecidedError(`The search gave up after ${MOST_CONFLICTS} conflicts`);
      const { learnt, to } = analyse(conflict);
      backtrack(to);
      if (learnt.length > 1) watch(learnt);
      assign(learnt[0] as number, learnt.length > 1 ? learnt : undefined);
      continue;
    }
    if (conflicts >= restartAt) {
      restartAt = conflicts + RESTART_CONFLICTS * luby(++restarts);
      backtrack(0);
      continue;
    }
    const assumption = assumptions[starts.length];
    if (assumption !== undefined) {
      if (truth(assumption) === -1) return { satisfiable: false, core: coreOf(assumption) };
      starts.push(trail.length); // a level for each assumption, also where it holds already
      if (truth(assumption) === 0) assign(assumption, undefined);
      continue;
    }
    let best = 0;
    for (let variable = 1; variable <= variables; variable++)
      if (
        value[variable] === 0 &&
        (best === 0 || (activity[variable] as number) > (activity[best] as number))
      )
        best = variable;
    if (best === 0) return { satisfiable: true, values: Array.from(value, (one) => one === 1) };
    starts.push(trail.length);
    assign((phase[best] as number) * best, undefined);
  }
}

/** 1, 1, 2, 1, 1, 2, 4, … (Luby, Sinclair and Zuckerman 1993), from 1. */
function luby(index: number): number {
  let size = 1;
  while (size < index + 1) size *= 2;
  if (size === index + 1) return size / 2;
  return luby(index - size / 2 + 1);
}
