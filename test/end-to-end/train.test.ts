/** Training from the command line: real processes, stopped and killed, with a model of a few thousand parameters. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Handler } from '../../src/server/parts/exchange.ts';
import { listTraining, showTraining } from '../../src/server/training.ts';
import { loadCheckpoint } from '../../src/transformer/checkpoint.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const { path: state } = temporaryFolder();
const runs = join(state, 'training');

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function reckon(...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const env = { ...process.env, RECKON_STATE: state };
    execFile(process.execPath, [main, ...args], { env, cwd: state }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}

/** Runs with `--json` and sends a signal once the row of a step is written. */
async function signalled(signal: NodeJS.Signals, step: number, ...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [main, ...args, '--json'], {
    env: { ...process.env, RECKON_STATE: state },
  });
  let stderr = '';
  child.stderr.on('data', (part) => {
    stderr += part;
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const row = JSON.parse(line);
    if (row.step === step && 'loss' in row) child.kill(signal);
  });
  const [code, by] = await once(child, 'close');
  assert.deepEqual([code, by], signal === 'SIGKILL' ? [null, 'SIGKILL'] : [130, null], stderr);
  return stderr;
}

const tiny = '--width 16 --layers 1 --heads 2 --context 96 --vocabulary-size 280'.split(' ');
const quick = '--rows 4 --threads 1 --evaluate-every 3 --evaluate-problems 8 --checkpoint-every 2'.split(' ');
const letters = ['-d', 'letters', '-m', 'direct'];
const pretrain = ['train', 'pretrain', ...letters, ...tiny, ...quick, '--steps', '7'];
const base = join(runs, 'base');
const sft = ['train', 'sft', ...letters, ...quick, '--steps', '7', '--from', base];
const grpoSizes = '--prompts-per-step 2 --group-size 4 --max-tokens 4 --updates-per-rollout 2'.split(' ');
const grpo = [
  'train',
  'grpo',
  ...letters,
  ...quick,
  ...grpoSizes,
  '--steps',
  '7',
  '--from',
  join(runs, 'base'),
];

/** Everything of a run that may not depend on how it was interrupted. */
async function outcomeOf(name: string) {
  const { training, parameters } = await loadCheckpoint(join(runs, name, 'last'), { training: true });
  const rows = rowsOf(name, 'metrics').map(({ seconds, rolloutSeconds, ...row }) => row);
  return { training, parameters, rows, samples: rowsOf(name, 'samples') };
}

function rowsOf(name: string, file: 'metrics' | 'samples'): Record<string, unknown>[] {
  const lines = readFileSync(join(runs, name, `${file}.jsonl`), 'utf8')
    .split('\n')
    .slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}

before(async () => {
  const { code, stderr } = await reckon(...pretrain, '--name', 'base');
  assert.equal(code, 0, stderr);
});

describe('a run that is stopped or killed goes on to the same numbers', {
  timeout: 900_000,
  concurrency: true,
}, () => {
  for (const [objective, args] of Object.entries({ pretrain, sft, grpo }))
    test(objective, async () => {
      const whole = `${objective}-whole`;
      const { code, stderr } = await reckon(...args, '--name', whole);
      assert.equal(code, 0, stderr);
      const broken = `${objective}-broken`;
      const resume = ['train', objective, '--resume', broken];
      await signalled('SIGKILL', 1, ...args, '--name', broken);
      await signalled('SIGKILL', 4, ...resume);
      const said = await signalled(objective === 'sft' ? 'SIGTERM' : 'SIGINT', 5, ...resume);
      assert.match(said, /Stopped and saved after step [56] of 7 in .*last.*reckon train \w+ --resume/);
      const last = await reckon(...resume);
      assert.match(last.stderr, /Finished after step 7 of 7/);
      assert.deepEqual(await outcomeOf(broken), await outcomeOf(whole));
    });
});

test('the server shows the rows, and the terminal streams the same ones', async () => {
  const { stdout, code } = await reckon(...sft, '--name', 'shown', '--json', '--seed', '5');
  assert.equal(code, 0);
  const printed = stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
  assert.deepEqual(printed.slice(0, -1), rowsOf('shown', 'metrics'));
  assert.equal(printed.at(-1).ended, 'finished');
  const asked = async (handler: Handler, path: string, name = '') => {
    const request = new Request(`http://server${path}`);
    const { body } = await handler({ param: () => name, request } as unknown as Parameters<Handler>[0]);
    return JSON.parse(String(body));
  };
  const listed = await asked(listTraining(runs), '/api/training');
  assert.ok(listed.runs.some(({ name }: { name: string }) => name === 'shown'));
  const shown = await asked(showTraining(runs), '/api/training/shown', 'shown');
  assert.deepEqual(shown.rows, rowsOf('shown', 'metrics'));
});

test('a recipe trains its stages one from another and saves half the bytes', {
  timeout: 900_000,
}, async () => {
  const recipe = {
    tokenizer: { vocabularySize: 280, lessons: 50, seed: 0 },
    model: {
      vocabularySize: 280,
      width: 16,
      hidden: 16,
      layers: 1,
      heads: 2,
      keyValueHeads: 1,
      context: 96,
      normEpsilon: 1e-5,
      ropeTheta: 10_000,
      tiedEmbeddings: true,
    },
    mixture: [{ dataset: 'letters', method: 'direct', weight: 1 }],
    stages: [
      { objective: 'pretrain', steps: 4, rows: 4, evaluateProblems: 4 },
      { objective: 'sft', steps: 3, rows: 4, evaluateProblems: 4 },
    ],
    weights: 'float16',
  };
  const file = join(state, 'small.json');
  writeFileSync(file, JSON.stringify(recipe));
  const command = ['train', 'pretrain', '--recipe', file, '--threads', '1'];
  const out = join(state, 'small-out');
  await signalled('SIGINT', 2, ...command);
  const { code, stderr } = await reckon(...command, '--resume', '--out', out);
  assert.equal(code, 0, stderr);
  const first = JSON.parse(readFileSync(join(runs, 'small.1-pretrain', 'config.json'), 'utf8'));
  const second = JSON.parse(readFileSync(join(runs, 'small.2-sft', 'config.json'), 'utf8'));
  assert.equal(first.ended.ended, 'finished');
  assert.match(second.settings.start.from, /small\.1-pretrain/);
  const saved = await loadCheckpoint(out);
  assert.deepEqual([saved.weights, saved.config.keyValueHeads], ['float16', 1]);
  const again = await reckon(...command);
  assert.equal(again.code, 2);
});

test('bad input ends with one sentence and code 2, and leaves no run', async () => {
  const context = ['--context', '32', '--name', 'short'];
  const cases: [readonly string[], RegExp][] = [
    [[...pretrain, ...context], /context|longer than 32 tokens/],
    [
      ['train', 'grpo', '-d', 'cowntdown', '--from', base],
      /^reckon: There is no dataset "cowntdown"; .*countdown/,
    ],
    [[...sft, '--momentum', '1'], /unknown option/],
  ];
  for (const [args, message] of cases) {
    const { code, stderr, stdout } = await reckon(...args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
    assert.equal(stdout, '');
    assert.ok(!stderr.includes('\n    at '));
  }
  assert.ok(!existsSync(join(runs, 'short')));
});

test('a run killed before its first checkpoint begins again, and one that is at work is left alone', async () => {
  const name = 'early';
  mkdirSync(join(runs, name));
  copyFileSync(join(base, 'config.json'), join(runs, name, 'config.json'));
  writeFileSync(join(runs, name, 'pid'), `${process.pid}`);
  const taken = await reckon('train', 'pretrain', '--resume', name);
  assert.equal(taken.code, 2);
  assert.match(taken.stderr, new RegExp(`Process ${process.pid} is training in`));
  writeFileSync(join(runs, name, 'pid'), 'gone');
  const { code, stderr } = await reckon('train', 'pretrain', '--resume', name);
  assert.equal(code, 0, stderr);
  const { parameters } = await outcomeOf('early');
  assert.deepEqual(parameters, (await outcomeOf('base')).parameters);
});

test('a missing back end names its package, with code 2', async () => {
  const hook = join(state, 'without-onnx.mjs');
  writeFileSync(
    hook,
    `import { registerHooks } from 'node:module';
registerHooks({ resolve(name, context, next) {
  if (name === 'onnxruntime-node') throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
  return next(name, context);
} });`,
  );
  const { code, stderr } = await new Promise<Outcome>((resolve) =>
    execFile(
      process.execPath,
      ['--import', hook, main, ...sft, '--name', 'without'],
      { env: { ...process.env, RECKON_STATE: state } },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    ),
  );
  assert.equal(code, 2, stderr);
  assert.match(stderr, /onnxruntime-node.*npm install onnxruntime-node/);
});

test('a learning rate that makes the loss explode stops the run and keeps its checkpoint', async () => {
  const { code, stderr } = await reckon(
    ...sft,
    '--learning-rate',
    '1',
    '--maximum-norm',
    '1000000',
    '--weight-decay',
    '10',
    '--warmup-steps',
    '0',
    '--schedule',
    'constant',
    '--steps',
    '400',
    '--evaluate-problems',
    '0',
    '--name',
    'wild',
  );
  assert.equal(code, 1, stderr);
  assert.match(stderr, /Training diverged in step \d+\..*The last checkpoint, of step \d+, is in .*last/);
  const { parameters } = await loadCheckpoint(join(runs, 'wild', 'last'), { training: true });
  for (const values of parameters.values()) assert.ok(values.every(Number.isFinite));
});
