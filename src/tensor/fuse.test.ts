/** What is found in programs, forwards and backwards; that it computes the same is for compile.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadJax } from './compile.ts';
import { tensorFunctions } from './functions.ts';
import { simplify } from './simplify.ts';
import { zeros } from './tensor.ts';
import { type Traced, type TracedFunction, trace } from './trace.ts';

const jax = await loadJax();
const { numpy: np, nn } = jax;
const { rmsNorm, silu } = tensorFunctions(jax);

/** The primitives that are left, without those that only pass a value on. */
function primitives(fn: TracedFunction, shapes: readonly (readonly number[])[]): string[] {
  const { program } = trace(
    jax,
    fn,
    shapes.map((shape) => zeros(shape)),
  );
  const found = simplify(program).equations.map(({ primitive }) => primitive);
  return found.filter((primitive) => primitive !== 'stop_gradient');
}

function rotated(x: Traced, cosine: Traced, sine: Traced): Traced {
  const [a, b] = np.split(x, 2, -1) as [Traced, Traced];
  const first = a.ref.mul(cosine.ref).sub(b.ref.mul(sine.ref));
  return np.concatenate([first, b.mul(cosine).add(a.mul(sine))], -1);
}

test('a rotation is one equation, and so is its derivative', () => {
  const shapes = [
    [2, 3, 4, 6],
    [2, 3, 1, 3],
    [2, 3, 1, 3],
  ];
  assert.deepEqual(primitives(rotated, shapes), ['rotation']);
  const loss = (x: Traced, c: Traced, s: Traced, w: Traced): Traced => np.sum(rotated(x, c, s).mul(w));
  assert.deepEqual(primitives(jax.grad(loss), [...shapes, [2, 3, 4, 6]]), ['rotation']);
});

test('halves that are mixed otherwise make no rotation', () => {
  const reflected = (x: Traced, c: Traced, s: Traced): Traced => {
    const [a, b] = np.split(x, 2, -1) as [Traced, Traced];
    const first = a.ref.mul(c.ref).add(b.ref.mul(s.ref));
    return np.concatenate([first, b.mul(c).add(a.mul(s))], -1);
  };
  const shapes = [
    [3, 6],
    [3, 3],
    [3, 3],
  ];
  assert.ok(!primitives(reflected, shapes).includes('rotation'));
});

test('softmax, SiLU and root mean square norm are one equation each', () => {
  assert.deepEqual(
    primitives((x: Traced) => nn.softmax(x, -1), [[3, 4]]),
    ['softmax'],
  );
  assert.deepEqual(
    primitives((x: Traced) => silu(x), [[3, 4]]),
    ['silu'],
  );
  assert.deepEqual(
    primitives((x: Traced, weight: Traced) => rmsNorm(x, weight), [[3, 4], [4]]),
    ['rms_norm'],
  );
});
