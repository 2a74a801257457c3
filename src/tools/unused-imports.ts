import type { PythonStatement, PythonToken } from './python-statements.ts';
import { namesIn, pythonStatements } from './python-statements.ts';

/** One name that an import statement brings in. */
interface Binding {
  readonly module: string; // whole dotted name
  readonly name: string; // the name it is known by here; '*' for all of the module
  readonly text: string; // as written, without the keyword
}

/** A program after `withoutUnusedImports`. */
export interface ImportedProgram {
  readonly code: string;
  readonly modules: readonly string[]; // what is still imported, by top-level name
  readonly droppedStars: readonly string[]; // modules whose `import *` was dropped although names of it may be used
}

/** With one of these a program can use a name without writing it. */
const DYNAMIC = new Set(['eval', 'exec', 'globals', 'locals', 'vars', '__import__', 'importlib']);

/** What `from math import *` may bring in, as of Python 3.14. */
const MATH_NAMES =
  `acos acosh asin asinh atan atan2 atanh cbrt ceil comb copysign cos cosh degrees dist e erf erfc exp exp2 expm1 fabs
  factorial floor fma fmod frexp fsum gamma gcd hypot inf isclose isfinite isinf isnan isqrt lcm ldexp lgamma log log10
  log1p log2 modf nan nextafter perm pi pow prod radians remainder sin sinh sqrt sumprod tan tanh tau trunc ulp`.split(
    /\s+/,
  );

/**
 * Removes the imports of a Python program whose names nothing uses, so that a module which the sandbox lacks stops only
 * the programs that need it. Each becomes `pass`, so that lines keep their numbers. `from math import *` becomes the
 * names used; the star of a module in `absent` is dropped, and named in the result.
 */
export function withoutUnusedImports(code: string, absent: ReadonlySet<string> = new Set()): ImportedProgram {
  const statements = pythonStatements(code);
  const imports = statements.flatMap((statement) => {
    const bindings = bindingsOf(statement);
    return bindings ? [{ statement, bindings }] : [];
  });
  const importing = new Set<PythonStatement>(imports.map(({ statement }) => statement));
  const used = new Set<string>();
  for (const statement of statements)
    if (!importing.has(statement))
      for (const token of statement.tokens) for (const name of namesIn(token)) used.add(name);
  const dynamic = [...DYNAMIC].some((name) => used.has(name));
  const modules = new Set<string>();
  const droppedStars: string[] = [];
  let rewritten = '';
  let copied = 0;
  for (const { statement, bindings } of imports) {
    const kept = bindings.flatMap((binding) => {
      const { name, module } = binding;
      if (dynamic || used.has(name)) return [binding];
      if (name !== '*') return [];
      if (module === 'math')
        return MATH_NAMES.filter((one) => used.has(one)).map((one) => ({ module, name: one, text: one }));
      if (!absent.has(topLevel(module))) return [binding];
      droppedStars.push(topLevel(module));
      return [];
    });
    for (const { module } of kept) modules.add(topLevel(module));
    if (kept.length === bindings.length && kept.every((binding) => bindings.includes(binding))) continue;
    rewritten += code.slice(copied, statement.start) + rewrite(statement, kept);
    copied = statement.end;
  }
  return { code: rewritten + code.slice(copied), modules: [...modules], droppedStars };
}

function topLevel(module: string): string {
  return module.split('.', 1)[0] as string;
}

function rewrite(statement: PythonStatement, kept: readonly Binding[]): string {
  const first = kept[0];
  if (!first) return 'pass';
  const names = kept.map(({ text }) => text).join(', ');
  return statement.tokens[0]?.text === 'from' ? `from ${first.module} import ${names}` : `import ${names}`;
}

/** What an import statement binds; undefined for any other statement, and for one that is not well formed. */
function bindingsOf({ tokens }: PythonStatement): Binding[] | undefined {
  const keyword = tokens[0]?.text;
  if (keyword === 'import') return namedBindings(tokens.slice(1));
  if (keyword !== 'from') return undefined;
  const importAt = tokens.findIndex(({ text }) => text === 'import');
  if (importAt < 2) return undefined;
  const module = textOf(tokens.slice(1, importAt));
  const list = tokens.slice(importAt + 1).filter(({ text }) => text !== '(' && text !== ')');
  if (list.length === 1 && list[0]?.text === '*') return [{ module, name: '*', text: '*' }];
  return namedBindings(list, module);
}

function namedBindings(tokens: readonly PythonToken[], from?: string): Binding[] | undefined {
  const bindings: Binding[] = [];
  for (const part of splitAtCommas(tokens)) {
    const asAt = part.findIndex(({ text }) => text === 'as');
    const path = textOf(asAt < 0 ? part : part.slice(0, asAt));
    const alias = asAt < 0 ? undefined : part[asAt + 1]?.text;
    if (path === '' || (asAt >= 0 && alias === undefined)) return undefined;
    bindings.push({
      module: from ?? path,
      name: alias ?? (from === undefined ? topLevel(path) : path),
      text: alias === undefined ? path : `${path} as ${alias}`,
    });
  }
  return bindings.length > 0 ? bindings : undefined;
}

function splitAtCommas(tokens: readonly PythonToken[]): PythonToken[][] {
  const parts: PythonToken[][] = [[]];
  for (const token of tokens) {
    if (token.text === ',') parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts.filter((part) => part.length > 0); // a trailing comma is allowed in brackets
}

function textOf(tokens: readonly PythonToken[]): string {
  return tokens.map(({ text }) => text).join('');
}
