/** Record what a model says once; replay it offline for ever, with the same seed. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chainOfThought, recorded, selfConsistency, solve, withRecording } from '../src/index.ts';
import { noisySolver } from '../src/models/noisy-solver.ts';

const file = join(mkdtempSync(join(tmpdir(), 'reckon-')), 'recording.jsonl');
const question = {
  id: 'sum',
  messages: [{ role: 'user' as const, text: 'What is 12 * 12 + 1?' }],
  answerKind: 'number' as const,
};

const recording = withRecording(noisySolver(), file);
const voted = (model: typeof recording | ReturnType<typeof recorded>) =>
  selfConsistency({ method: chainOfThought({ model, temperature: 0.7 }), samples: 5 });

const live = await solve(voted(recording), question, { seed: 11 });
recording.close();
const replayed = await solve(voted(recorded(file)), question, { seed: 11 });
console.log(`live ${live.solution.answer}, replayed ${replayed.solution.answer}, from ${file}`);
