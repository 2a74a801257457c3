import type { Proposition } from './ground.ts';

/** Cases that a check may look at before it gives up. */
const MOST_CASES = 200_000;

/**
 * Whether propositions cannot hold together, by splitting into cases (Davis, Logemann and Loveland 1962) on the
 * propositions as they are. `excluded` tells of a case whose atoms have values that do not go together. Throws RangeError
 * after `MOST_CASES` cases.
 */
export function cannotHold(
  propositions: readonly Proposition[],
  excluded: (values: ReadonlyMap<number, boolean>) => boolean = () => false,
): boolean {
  let cases = 0;

  function refuted(parts: readonly Proposition[], known: ReadonlyMap<number, boolean>): boolean {
    if (++cases > MOST_CASES)
      throw new RangeError(`The propositions split into more than ${MOST_CASES} cases`);
    const values = new Map(known);
    let left = parts;
    // literals that must hold are taken until nothing new is learnt
    for (let before = -1; before !== values.size; ) {
      before = values.size;
      const next: Proposition[] = [];
      for (const part of left) {
        const rest = simplify(part, values);
        if (rest === false) return true;
        if (rest === true) continue;
        for (const one of rest.kind === 'all' ? rest.parts : [rest]) {
          if (one.kind !== 'literal') {
            next.push(one);
            continue;
          }
          const atom = Math.abs(one.literal);
          const value = one.literal > 0;
          if (values.get(atom) === !value) return true;
          values.set(atom, value);
        }
      }
      left = next;
    }
    const [first] = left;
    if (!first) return excluded(values);
    const atom = firstAtom(first);
    return refuted(left, new Map(values).set(atom, true)) && refuted(left, new Map(values).set(atom, false));
  }

  return refuted(propositions, new Map());
}

/** A proposition with the known atoms put in: decided, or what is left of it. */
function simplify(part: Proposition, values: ReadonlyMap<number, boolean>): Proposition | boolean {
  if (part.kind === 'literal') {
    const value = values.get(Math.abs(part.literal));
    return value === undefined ? part : value === part.literal > 0;
  }
  const isAll = part.kind === 'all';
  const left: Proposition[] = [];
  for (const one of part.parts) {
    const rest = simplify(one, values);
    if (rest === !isAll) return rest;
    if (typeof rest === 'boolean') continue;
    if (rest.kind === part.kind) left.push(...rest.parts);
    else left.push(rest);
  }
  if (left.length === 0) return isAll;
  return left.length === 1 ? (left[0] as Proposition) : { kind: part.kind, parts: left };
}

function firstAtom(part: Proposition): number {
  let at = part;
  while (at.kind !== 'literal') at = at.parts[0] as Proposition;
  return Math.abs(at.literal);
}
