/** AdamW against the update rule written out, and steps that are refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '../core/random.ts';
import { compile, loadJax } from './compile.ts';
import { NotFiniteError } from './errors.ts';
import { adamW, type NamedTensors } from './optimizer.ts';
import { normal } from './random.ts';
import { constant, warmupCosine } from './schedule.ts';
import { type Tensor, tensor } from './tensor.ts';
import type { Traced } from './trace.ts';

const { numpy: np, ...jax } = await loadJax();

/** A least-squares fit: 6 weights and 2 offsets, 16 examples. */
const fit = {
  loss: ({ weight, offset }: Record<string, Traced>, { x, y }: Record<string, Traced>): Traced =>
    np.mean(
      np.square(
        np
          .matmul(x as Traced, weight as Traced)
          .add(offset as Traced)
          .sub(y as Traced),
      ),
    ),
  parameters: { weight: normal(seeded(5), [3, 2], 1), offset: normal(seeded(6), [2], 1) },
  batch: { x: normal(seeded(7), [16, 3], 1), y: normal(seeded(8), [16, 2], 1) },
};

test('three steps of AdamW equal the update rule written out in double precision', async () => {
  const options = { beta1: 0.8, beta2: 0.9, epsilon: 1e-6, weightDecay: 0.1, maximumNorm: 0.5 };
  const { weight, offset } = fit.parameters;
  const theta = [...weight.data, ...offset.data];
  const [m, v] = [theta.map(() => 0), theta.map(() => 0)];
  const norms: number[] = [];
  for (let step = 1; step <= 3; step++) {
    const gradient = theta.map(() => 0);
    for (let row = 0; row < 16; row++)
      for (let column = 0; column < 2; column++) {
        const inputs = [0, 1, 2].map((k) => fit.batch.x.data[row * 3 + k] as number);
        const product = inputs.reduce((total, x, k) => total + x * (theta[k * 2 + column] as number), 0);
        const error =
          product + (theta[6 + column] as number) - (fit.batch.y.data[row * 2 + column] as number);
        for (const [k, x] of [...inputs, 1].entries())
          gradient[k * 2 + column] = (gradient[k * 2 + column] as number) + (2 * error * x) / 32;
      }
    const norm = Math.sqrt(gradient.reduce((total, g) => total + g * g, 0));
    norms.push(norm);
    for (const [index, slope] of gradient.entries()) {
      const g = slope * Math.min(1, options.maximumNorm / norm);
      m[index] = options.beta1 * (m[index] as number) + (1 - options.beta1) * g;
      v[index] = options.beta2 * (v[index] as number) + (1 - options.beta2) * g * g;
      const mean = (m[index] as number) / (1 - options.beta1 ** step);
      const square = (v[index] as number) / (1 - options.beta2 ** step);
      const decay = index < 6 ? 0.01 * options.weightDecay * (theta[index] as number) : 0;
      theta[index] = (theta[index] as number) - decay - (0.01 * mean) / (Math.sqrt(square) + options.epsilon);
    }
  }
  assert.ok((norms[0] as number) > options.maximumNorm); // clipping was at work

  const parameters: NamedTensors = structuredClone(fit.parameters);
  const executor = await compile(jax.valueAndGrad(fit.loss as never), [parameters, fit.batch]);
  const optimizer = adamW(options);
  const moments = optimizer.initial(parameters);
  for (const [index, norm] of norms.entries()) {
    const [, gradients] = (await executor.run([parameters, fit.batch])) as unknown as [Tensor, NamedTensors];
    const measured = await optimizer.update(parameters, gradients, moments, {
      step: index + 1,
      learningRate: 0.01,
    });
    assert.ok(Math.abs(measured / norm - 1) < 1e-5);
  }
  await executor.dispose();
  const reached = Object.values(parameters).flatMap(({ data }) => [...data]);
  for (const [index, value] of reached.entries())
    assert.ok(Math.abs(value - (theta[index] as number)) < 1e-5, `${index}: ${value}`);
});

test('a gradient that is not finite changes nothing', () => {
  const optimizer = adamW();
  for (const poison of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const parameters: NamedTensors = { a: tensor(Float32Array.of(1, 2), [2]) };
    const moments = optimizer.initial(parameters);
    const gradients = { a: tensor(Float32Array.of(1, poison), [2]) };
    assert.throws(
      () => optimizer.update(parameters, gradients, moments, { step: 7, learningRate: 0.1 }),
      (error) => error instanceof NotFiniteError && error.step === 7,
    );
    assert.deepEqual([...(parameters.a as Tensor).data], [1, 2]);
    assert.deepEqual([...(moments.first.a as Tensor).data], [0, 0]);
  }
});

test('a gradient of zero moves nothing but what decays', () => {
  const parameters: NamedTensors = {
    vector: tensor(Float32Array.of(1, 2), [2]),
    matrix: tensor(Float32Array.of(1, 2), [1, 2]),
  };
  const optimizer = adamW({ weightDecay: 0.5 });
  const gradients = optimizer.initial(parameters).first;
  const moments = optimizer.initial(parameters);
  optimizer.update(parameters, gradients, moments, { step: 1, learningRate: 0.5 });
  assert.deepEqual([...(parameters.vector as Tensor).data], [1, 2]);
  assert.deepEqual([...(parameters.matrix as Tensor).data], [0.75, 1.5]);
});

test('schedules', () => {
  assert.equal(constant(0.1)(77), 0.1);
  const schedule = warmupCosine({ peak: 1, warmupSteps: 10, totalSteps: 110, floor: 0.1 });
  assert.deepEqual([1, 5, 10, 110, 500].map(schedule), [0.1, 0.5, 1, 0.1, 0.1]);
  assert.ok(Math.abs(schedule(60) - 0.55) < 1e-12); // half-way down
  assert.throws(() => warmupCosine({ peak: 1, warmupSteps: 10, totalSteps: 10 }), /warm-up/);
});
