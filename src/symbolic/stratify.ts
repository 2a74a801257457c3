import { ProgramError } from './program-error.ts';
import type { Rule } from './rules.ts';
import { ruleText, signature } from './rules.ts';

/** Rules that define the predicates of one component: those that depend on each other, and on earlier groups only. */
export interface Stratum {
  readonly predicates: ReadonlySet<string>; // signatures
  readonly rules: readonly Rule[];
}

/**
 * Groups rules so that each group needs only itself and those before it, and negates only those before it. Throws
 * ProgramError, naming the rule, where a predicate depends on its own negation.
 */
export function stratify(rules: readonly Rule[]): Stratum[] {
  const needs = new Map<string, Set<string>>();
  for (const rule of rules) {
    const head = signature(rule.head);
    const needed = needs.get(head) ?? new Set();
    needs.set(head, needed);
    for (const condition of rule.body)
      if (condition.kind !== 'compare') needed.add(signature(condition.atom));
  }
  const component = new Map<string, number>();
  const groups = components(needs);
  for (const [index, group] of groups.entries()) for (const name of group) component.set(name, index);
  const byGroup: Rule[][] = groups.map(() => []);
  for (const rule of rules) {
    const own = component.get(signature(rule.head)) as number;
    for (const condition of rule.body)
      if (condition.kind === 'not' && component.get(signature(condition.atom)) === own)
        throw new ProgramError(
          `the program is not stratified: ${signature(rule.head)} depends on its own negation through "${ruleText(rule)}"; rewrite it without that cycle`,
          rule.line,
        );
    byGroup[own]?.push(rule);
  }
  return groups.map((group, index) => ({ predicates: new Set(group), rules: byGroup[index] ?? [] }));
}

/** Strongly connected components, each after those it depends on (Tarjan 1972), without recursion. */
function components(needs: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const isOpen = new Set<string>();
  const found: string[][] = [];
  for (const root of needs.keys()) {
    if (order.has(root)) continue;
    const path: { name: string; rest: Iterator<string> }[] = [];
    const enter = (name: string) => {
      order.set(name, order.size);
      low.set(name, order.get(name) as number);
      open.push(name);
      isOpen.add(name);
      path.push({ name, rest: (needs.get(name) ?? new Set<string>()).values() });
    };
    enter(root);
    while (path.length > 0) {
      const { name, rest } = path.at(-1) as { name: string; rest: Iterator<string> };
      const step = rest.next();
      if (!step.done) {
        if (!order.has(step.value)) enter(step.value);
        else if (isOpen.has(step.value)) lower(low, name, order.get(step.value) as number);
        continue;
      }
      path.pop();
      const above = path.at(-1);
      if (above) lower(low, above.name, low.get(name) as number);
      if (low.get(name) !== order.get(name)) continue;
      const group: string[] = [];
      for (let member = open.pop() as string; ; member = open.pop() as string) {
        isOpen.delete(member);
        group.push(member);
        if (member === name) break;
      }
      found.push(group);
    }
  }
  return found;
}

function lower(low: Map<string, number>, name: string, to: number): void {
  if (to < (low.get(name) as number)) low.set(name, to);
}
