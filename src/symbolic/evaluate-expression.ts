import type { Expression, Relation } from './constraint-program.ts';

/** The value of an expression; undefined as long as it depends on a variable without a value. Conditions give 1 or 0. */
export function evaluateExpression(
  expression: Expression,
  values: ReadonlyMap<string, number>,
): number | undefined {
  switch (expression.kind) {
    case 'number':
      return expression.value;
    case 'variable':
      return values.get(expression.name);
    case '+':
    case '-':
    case '*': {
      const left = evaluateExpression(expression.left, values);
      const right = evaluateExpression(expression.right, values);
      if (left === undefined || right === undefined) return undefined;
      return expression.kind === '+' ? left + right : expression.kind === '-' ? left - right : left * right;
    }
    case 'abs': {
      const value = evaluateExpression(expression.of, values);
      return value === undefined ? undefined : Math.abs(value);
    }
    case 'not': {
      const value = evaluateExpression(expression.of, values);
      return value === undefined ? undefined : value === 0 ? 1 : 0;
    }
    case 'compare': {
      const left = evaluateExpression(expression.left, values);
      const right = evaluateExpression(expression.right, values);
      if (left === undefined || right === undefined) return undefined;
      return related(expression.relation, left, right) ? 1 : 0;
    }
    case 'and':
    case 'or': {
      const decisive = expression.kind === 'and' ? 0 : 1;
      let open = false;
      for (const part of expression.parts) {
        const value = evaluateExpression(part, values);
        if (value === undefined) open = true;
        else if ((value === 0 ? 0 : 1) === decisive) return decisive;
      }
      return open ? undefined : 1 - decisive;
    }
    case 'different': {
      const seen = new Set<number>();
      let open = false;
      for (const part of expression.parts) {
        const value = evaluateExpression(part, values);
        if (value === undefined) open = true;
        else if (seen.has(value)) return 0;
        else seen.add(value);
      }
      return open ? undefined : 1;
    }
    default:
      return expression satisfies never;
  }
}

function related(relation: Relation, left: number, right: number): boolean {
  switch (relation) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    default:
      return relation satisfies never;
  }
}
