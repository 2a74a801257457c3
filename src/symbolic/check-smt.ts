/**
 * Checks SMT answers without the solver: models by evaluating every constraint in them, cores by splitting into cases and
 * refuting each case by eliminating variables from its linear inequalities. Functions count as unknown quantities there.
 */
import Fraction from 'fraction.js';
import { z } from 'zod';
import { cannotHold } from './check-propositions.ts';
import type { Proposition } from './ground.ts';
import type { Inequality } from './linear.ts';
import { infeasible } from './linear.ts';
import type { SExpression } from './s-expressions.ts';
import { readSExpressions, sExpressionText } from './s-expressions.ts';
import type { SmtProgram } from './smt-program.ts';
import { decidingTerm, readSmt } from './smt-program.ts';
import type { Definition } from './smt-terms.ts';
import { BeyondError, definitionsOf, evaluateSmt } from './smt-terms.ts';
import type { CheckVerdict } from './solved.ts';
import { accepted, beyond, refused } from './solved.ts';

const certificateSchema = z.object({
  kind: z.literal('smt'),
  results: z
    .array(z.union([z.object({ model: z.array(z.string()) }), z.object({ core: z.array(z.int().min(0)) })]))
    .min(1),
});

/** Checks the answer to an SMT program against its models and cores. */
export function checkSmt(text: string, answer: string, certificate: unknown): CheckVerdict {
  const parsed = certificateSchema.safeParse(certificate);
  if (!parsed.success) return refused('The certificate is not of the form of models and cores');
  const program = readSmt(text);
  const { options = [], constraints } = program;
  const { results } = parsed.data;
  if (results.length !== options.length + 1) return refused('The certificate does not decide each option');
  try {
    for (const [index, result] of results.entries()) {
      const option = options[index - 1];
      const goal = option ? [decidingTerm(program, option.term)] : [];
      const shown =
        'model' in result
          ? holdsIn(program, goal, result.model)
          : unsatisfiable(program, [
              ...result.core.map((number) => constraints[number]?.term ?? 'true'),
              ...goal,
            ]);
      if (shown) continue;
      const what = `Result ${index + 1} is not what its ${'model' in result ? 'model' : 'core'} shows`;
      return 'core' in result && !isElementary(program) ? beyond(`${what} to the check`) : refused(what);
    }
  } catch (cause) {
    if (cause instanceof RangeError) return beyond(cause.message);
    throw cause;
  }
  return answer === answerShown(program, results)
    ? accepted
    : refused('The models and cores show another answer');
}

/** Whether the check of a core misses nothing: no functions, and no whole numbers, which it takes for real ones. */
function isElementary({ declarations }: SmtProgram): boolean {
  return declarations.every((one) => Array.isArray(one) && one[0] === 'declare-const' && one[2] !== 'Int');
}

type Results = z.infer<typeof certificateSchema>['results'];

function answerShown({ options, ask }: SmtProgram, results: Results): string | undefined {
  const [first, ...decisions] = results;
  if (!options) return first && 'core' in first ? 'none' : valuesShown(first);
  const wanted = options.filter(
    (_, index) => 'model' in (decisions[index] as object) === (ask === 'possible'),
  );
  return wanted.length === 0 ? 'none' : wanted.map(({ label }) => label).join('; ');
}

/** A model in the words of an answer. */
function valuesShown(result: Results[number] | undefined): string | undefined {
  if (!result || !('model' in result)) return undefined;
  return [...definitionsOf(result.model.flatMap(readSExpressions))]
    .filter(([name]) => !name.startsWith('reckon-'))
    .map(([name, { parameters, body }]) => {
      const of = parameters.length > 0 ? `(${parameters.length} arguments)` : '';
      return `${name}${of} = ${sExpressionText(body)}`;
    })
    .sort()
    .join(', ');
}

function holdsIn(
  { declarations, constraints }: SmtProgram,
  goal: readonly SExpression[],
  model: readonly string[],
): boolean {
  const own = definitionsOf(declarations);
  const definitions = new Map([...definitionsOf(model.flatMap(readSExpressions)), ...own]);
  for (const one of declarations)
    if (
      Array.isArray(one) &&
      (one[0] === 'declare-const' || one[0] === 'declare-fun') &&
      !definitions.has(String(one[1]))
    )
      throw new BeyondError(`The model leaves ${String(one[1])} open`);
  return [...constraints.map(({ term }) => term), ...goal].every(
    (term) => evaluateSmt(term, definitions) === true,
  );
}

/** Whether terms cannot hold together. */
function unsatisfiable({ declarations }: SmtProgram, terms: readonly SExpression[]): boolean {
  const sorts = new Map(
    declarations.flatMap((one) =>
      Array.isArray(one) ? [[String(one[1]), String(one.at(-1))] as const] : [],
    ),
  );
  const reader = new TermReader(sorts, definitionsOf(declarations));
  const propositions = terms.map((term) => reader.proposition(term, true));
  return cannotHold(propositions, (values) =>
    infeasible([...values].flatMap(([atom, value]) => reader.inequality(atom, value))),
  );
}

/** Σ coefficient · quantity + constant. */
interface Linear {
  readonly coefficients: ReadonlyMap<string, Fraction>;
  readonly constant: Fraction;
}

/** Terms as propositions over atoms, some of which are inequalities. */
class TermReader {
  readonly #sorts: ReadonlyMap<string, string>;
  readonly #definitions: ReadonlyMap<string, Definition>;
  readonly #atoms = new Map<string, number>();
  readonly #inequalities = new Map<number, Linear>(); // ≤ 0

  constructor(sorts: ReadonlyMap<string, string>, definitions: ReadonlyMap<string, Definition>) {
    this.#sorts = sorts;
    this.#definitions = definitions;
  }

  /** What an atom with a value says of quantities: nothing where it is no inequality. */
  inequality(atom: number, value: boolean): Inequality[] {
    const linear = this.#inequalities.get(atom);
    if (!linear) return [];
    const whole = [...linear.coefficients].every(
      ([name, factor]) => this.#sortOf(name) === 'Int' && factor.d === 1n,
    );
    if (value) return [{ ...linear, strict: false }];
    const negated = scaled(linear, new Fraction(-1));
    // not (t ≤ 0) is −t < 0; for whole numbers −t + 1 ≤ 0
    if (whole && linear.constant.d === 1n)
      return [{ ...negated, constant: negated.constant.add(1), strict: false }];
    return [{ ...negated, strict: true }];
  }

  #sortOf(quantity: string): string | undefined {
    return this.#sorts.get(/^\((\S+)/.exec(quantity)?.[1] ?? quantity);
  }

  proposition(term: SExpression, positive: boolean): Proposition {
    if (typeof term === 'string') {
      const definition = this.#definitions.get(term);
      if (definition) return this.proposition(definition.body, positive);
      if (term === 'true' || term === 'false')
        return { kind: (term === 'true') === positive ? 'all' : 'any', parts: [] };
      return this.#literal(term, positive);
    }
    const [head, ...parts] = term;
    const list = (kind: 'all' | 'any', made: readonly Proposition[]): Proposition => ({ kind, parts: made });
    switch (head) {
      case 'not':
        return this.proposition(parts[0] as SExpression, !positive);
      case 'and':
      case 'or':
        return list(
          (head === 'and') === positive ? 'all' : 'any',
          parts.map((part) => this.proposition(part, positive)),
        );
      case '=>':
        return list(positive ? 'any' : 'all', [
          ...parts.slice(0, -1).map((part) => this.proposition(part, !positive)),
          this.proposition(parts.at(-1) as SExpression, positive),
        ]);
      case '<=':
      case '<':
      case '>=':
      case '>':
      case '=':
      case 'distinct':
        return this.#comparison(head, parts, positive);
      case 'xor':
      case 'ite':
      case 'let':
      case 'forall':
      case 'exists':
        throw new BeyondError(`The check does not split ${head}`);
      default:
        return this.#literal(sExpressionText(term), positive);
    }
  }

  #comparison(head: string, parts: readonly SExpression[], positive: boolean): Proposition {
    const pairs: [SExpression, SExpression][] =
      head === 'distinct'
        ? parts.flatMap((left, index) =>
            parts.slice(index + 1).map((right): [SExpression, SExpression] => [left, right]),
          )
        : parts.slice(1).map((right, index) => [parts[index] as SExpression, right]);
    const made = pairs.map(([left, right]) => this.#pair(head, left, right, positive));
    return { kind: positive ? 'all' : 'any', parts: made };
  }

  #pair(head: string, left: SExpression, right: SExpression, positive: boolean): Proposition {
    if (head === '=' && this.#isCondition(left)) {
      const cases = ([a, b]: readonly [boolean, boolean]): Proposition => ({
        kind: 'all',
        parts: [this.proposition(left, a), this.proposition(right, b)],
      });
      return {
        kind: 'any',
        parts: positive
          ? [cases([true, true]), cases([false, false])]
          : [cases([true, false]), cases([false, true])],
      };
    }
    const difference = added(this.#linear(left), scaled(this.#linear(right), new Fraction(-1)));
    const opposite = scaled(difference, new Fraction(-1));
    switch (head) {
      case '<=':
        return this.#atMostZero(difference, positive);
      case '>=':
        return this.#atMostZero(opposite, positive);
      case '<':
        return this.#atMostZero(opposite, !positive);
      case '>':
        return this.#atMostZero(difference, !positive);
      default: {
        const equal = (head === '=') === positive;
        const both = [this.#atMostZero(difference, equal), this.#atMostZero(opposite, equal)];
        return { kind: equal ? 'all' : 'any', parts: both };
      }
    }
  }

  #isCondition(term: SExpression): boolean {
    if (typeof term === 'string')
      return term === 'true' || term === 'false' || this.#sorts.get(term) === 'Bool';
    const [head] = term;
    const known = ['not', 'and', 'or', '=>', '<=', '<', '>=', '>', '=', 'distinct'];
    return typeof head === 'string' && (known.includes(head) || this.#sorts.get(head) === 'Bool');
  }

  #linear(term: SExpression): Linear {
    if (typeof term === 'string') {
      const definition = this.#definitions.get(term);
      if (definition) return this.#linear(definition.body);
      if (/^\d/.test(term)) return { coefficients: new Map(), constant: new Fraction(term) };
      return this.#quantity(term);
    }
    const [head, ...parts] = term;
    const [first, ...others] = parts;
    switch (head) {
      case '+':
        return parts.map((part) => this.#linear(part)).reduce(added);
      case '-': {
        const start = this.#linear(first as SExpression);
        if (others.length === 0) return scaled(start, new Fraction(-1));
        return others.reduce<Linear>(
          (sum, part) => added(sum, scaled(this.#linear(part), new Fraction(-1))),
          start,
        );
      }
      case '*': {
        const factors = parts.map((part) => this.#linear(part));
        return factors.reduce((product, factor) => {
          if (factor.coefficients.size === 0) return scaled(product, factor.constant);
          if (product.coefficients.size === 0) return scaled(factor, product.constant);
          throw new BeyondError('The check does not follow products of unknowns');
        });
      }
      case 'to_real':
        return this.#linear(first as SExpression);
      case 'ite':
      case 'div':
      case 'mod':
      case 'abs':
      case '/':
        throw new BeyondError(`The check does not follow ${head}`);
      default:
        return this.#quantity(sExpressionText(term));
    }
  }

  #quantity(text: string): Linear {
    const sort = this.#sortOf(text);
    if (sort !== 'Int' && sort !== 'Real') throw new BeyondError(`${text.slice(0, 50)} is no number`);
    return { coefficients: new Map([[text, new Fraction(1)]]), constant: new Fraction(0) };
  }

  #atMostZero(linear: Linear, positive: boolean): Proposition {
    const coefficients = new Map([...linear.coefficients].filter(([, value]) => !value.equals(0)));
    const key = [...coefficients]
      .map(([name, value]) => `${value.toFraction()}*${name}`)
      .sort()
      .join(' + ');
    const { literal } = this.#literal(`${key} + ${linear.constant.toFraction()} <= 0`, true);
    this.#inequalities.set(literal, { coefficients, constant: linear.constant });
    return { kind: 'literal', literal: positive ? literal : -literal };
  }

  #literal(key: string, positive: boolean): { readonly kind: 'literal'; readonly literal: number } {
    const number = this.#atoms.get(key) ?? this.#atoms.size + 1;
    this.#atoms.set(key, number);
    return { kind: 'literal', literal: positive ? number : -number };
  }
}

function added(left: Linear, right: Linear): Linear {
  const coefficients = new Map(left.coefficients);
  for (const [name, value] of right.coefficients)
    coefficients.set(name, (coefficients.get(name) ?? new Fraction(0)).add(value));
  return { coefficients, constant: left.constant.add(right.constant) };
}

function scaled({ coefficients, constant }: Linear, factor: Fraction): Linear {
  return {
    coefficients: new Map([...coefficients].map(([name, value]) => [name, value.mul(factor)])),
    constant: constant.mul(factor),
  };
}
