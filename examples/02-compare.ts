/** Compare methods on the same problems and end in a decision. */
import { arithmetic } from '../src/datasets/arithmetic.ts';
import { chainOfThought, compare, direct, renderTerminal, report, selfConsistency } from '../src/index.ts';
import { noisySolver } from '../src/models/noisy-solver.ts';

const model = noisySolver({ errorRate: 0.3 });
const record = await compare({
  dataset: arithmetic(),
  limit: 100,
  seed: 7,
  model: model.id,
  methods: [
    { name: 'direct', method: direct({ model }) },
    { name: 'cot', method: chainOfThought({ model }) },
    {
      name: 'sc@8, stopping early',
      method: selfConsistency({
        method: chainOfThought({ model, temperature: 0.7 }),
        samples: 8,
        stop: { type: 'beta' },
      }),
    },
  ],
});
console.log(renderTerminal(report(record), { columns: 110 }));
