import { seeded } from '../../core/random.ts';
import { serveWorker } from '../../host/worker-pool.ts';
import type { SymbolicRequest, SymbolicVerdict } from './symbolic.ts';

/** The engine stops itself after this long; what does not stop is killed from outside. */
const LIMIT_MILLISECONDS = 200;
const DIGITS = 60;
/** Values closer than this, relatively, count as equal: far below any difference that short formulas can have. */
const SAME = 1e-45;
const POINTS = 8;

type ComputeEngineModule = typeof import('@cortex-js/compute-engine');
type Engine = InstanceType<ComputeEngineModule['ComputeEngine']>;
type Expression = NonNullable<ReturnType<Engine['parse']>>;

// the engine reports on the console what it cannot read; here that is an answer, not an event
console.error = () => {};
console.warn = () => {};

const engine = await load();

async function load(): Promise<Engine | undefined> {
  try {
    const { ComputeEngine } = await import('@cortex-js/compute-engine');
    const made = new ComputeEngine();
    made.precision = DIGITS;
    const warm = made.parse('\\sin(x)^2+\\cos(x)^2+\\ln(\\sqrt{2})'); // the first use of a rule compiles it
    made.function('Expand', [warm]).simplify().N();
    return made;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw cause;
  }
}

serveWorker<SymbolicRequest, SymbolicVerdict>((request) => {
  if (!engine) return 'missing';
  try {
    return engine.withTimeLimit(LIMIT_MILLISECONDS, () => compare(engine, request));
  } catch {
    return 'unknown'; // over the limit, or a term that the engine has no rule for
  }
});

function compare(ce: Engine, { left, right, latex }: SymbolicRequest): SymbolicVerdict {
  const read = (term: SymbolicRequest['left']) =>
    latex ? ce.parse(String(term)) : ce.box(term as Parameters<Engine['box']>[0]);
  const [a, b] = [read(left), read(right)];
  if (!a?.isValid || !b?.isValid) return 'unknown';
  if (a.isSame(b)) return 'equal';
  const difference = ce.function('Subtract', [a, b]);
  if (difference.simplify().isSame(0) || ce.function('Expand', [difference]).evaluate().isSame(0))
    return 'equal';
  return compareValues(ce, a, b);
}

/** Compares values at seeded rational points. */
function compareValues(ce: Engine, a: Expression, b: Expression): SymbolicVerdict {
  const names = [...new Set([...a.unknowns, ...b.unknowns])].sort();
  const random = seeded('symbolic probe');
  let agreeing = 0;
  for (let point = 0; point < (names.length === 0 ? 1 : POINTS); point++) {
    const values = Object.fromEntries(
      names.map((name) => {
        const sign = random.integer(2) === 0 ? 1 : -1;
        return [name, ce.number([sign * (1 + random.integer(997)), 1 + random.integer(97)])];
      }),
    );
    const [x, y] = [a.subs(values).N(), b.subs(values).N()];
    const size = Math.max(magnitude(x), magnitude(y));
    const gap = magnitude(ce.function('Subtract', [x, y]).N());
    if (!Number.isFinite(size) || !Number.isFinite(gap)) continue;
    if (gap > SAME * size) return 'different';
    agreeing++;
  }
  return agreeing === (names.length === 0 ? 1 : POINTS) ? 'equal' : 'unknown';
}

/** Absolute value of a real or complex number; NaN for anything else. */
function magnitude(value: Expression): number {
  return Math.hypot(value.re, value.im);
}
