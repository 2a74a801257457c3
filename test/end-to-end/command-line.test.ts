/** The command line as a new user meets it: a real process, a real server, real files. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { noisyAnswer } from '../../src/models/noisy-solver.ts';
import type { ScriptedServer } from '../../src/models/scripted-server.ts';
import { scriptedServer } from '../../src/models/scripted-server.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'reckon-cli-'));
let server: ScriptedServer;

before(async () => {
  server = await scriptedServer({ answer: noisyAnswer({ errorRate: 0.3 }), apiKey: 'right-key' });
  const lines = [
    { question: 'What is 17 + 25 * 3?', answer: 92 },
    { question: 'What is 9 * 9 - 8?', answer: 73 },
    { question: 'What is 12 + 30 - 4?', answer: 38 },
  ];
  writeFileSync(join(folder, 'sums.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  writeFileSync(
    join(folder, 'bad.jsonl'),
    '{"question":"What is 1 + 1?","answer":2}\n{"question":\n{"question":"What is 2 + 2?","answer":4}\n',
  );
  writeFileSync(join(folder, 'empty.jsonl'), '');
});
after(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function reckon(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const { OPENAI_API_KEY: _key, RECKON_STATE: _state, ...rest } = process.env;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [main, ...args],
      { cwd: folder, env: { ...rest, ...env }, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}

const model = () => `${server.url}/v1#scripted`;
const key = { RECKON_API_KEY: 'right-key' };

test('a comparison over HTTP ends in a table, a decision, a page and a stored run', async () => {
  const { code, stdout } = await reckon(
    [
      'compare',
      '-d',
      'sums.jsonl',
      '-m',
      'direct,cot,sc@16',
      '--model',
      model(),
      '--run',
      'mine',
      '-o',
      'out.csv',
      'out.xml',
      'out.jsonl',
    ],
    key,
  );
  assert.equal(code, 0);
  assert.match(stdout, /self-consistency@16 .*%/);
  const page = /Report: (\S+)/.exec(stdout)?.[1] ?? '';
  assert.match(readFileSync(join(folder, page), 'utf8'), /<!doctype html>/i);
  for (const file of ['out.csv', 'out.xml', 'out.jsonl']) assert.ok(existsSync(join(folder, file)), file);
  const shown = await reckon(['runs', 'show', 'mine', '--json']);
  const report = JSON.parse(shown.stdout);
  assert.deepEqual(
    [report.run, report.n, report.methods.length, report.comparisons.length],
    ['mine', 3, 3, 3],
  );
  assert.deepEqual(Object.keys(report.methods[0].tokens).sort(), [
    'cached',
    'completion',
    'prompt',
    'reasoning',
  ]);
});

test('--json prints one document and nothing else on stdout', async () => {
  const { stdout, code } = await reckon(['compare', '--demo', '-n', '12', '--json', '--run', 'json']);
  const report = JSON.parse(stdout);
  assert.equal(code, 0);
  for (const field of [
    'name',
    'correct',
    'accuracy',
    'ci',
    'extractionFailures',
    'errors',
    'exhausted',
    'calls',
    'usd',
    'seconds',
  ])
    assert.ok(field in report.methods[0], field);
  for (const field of ['a', 'b', 'delta', 'ci', 'p', 'pHolm', 'discordant', 'decision'])
    assert.ok(field in report.comparisons[0], field);
});

test('equal seeds give equal bytes with --reproducible', async () => {
  const outputs = [];
  for (const state of ['one', 'two']) {
    await reckon([
      'compare',
      '--demo',
      '-n',
      '20',
      '--reproducible',
      '--run',
      'same',
      '--state',
      state,
      '-o',
      `${state}.json`,
    ]);
    outputs.push(
      [`${state}.json`, join(state, 'reports', 'same.html')].map((file) =>
        readFileSync(join(folder, file), 'utf8'),
      ),
    );
  }
  assert.deepEqual(outputs[0]?.[1], outputs[1]?.[1]);
  assert.equal(outputs[0]?.[0], outputs[1]?.[0]);
});

test('a malformed line is named by number, and --skip-bad-rows runs the rest', async () => {
  const refused = await reckon(['compare', '-d', 'bad.jsonl', '-m', 'direct', '--model', 'noisy-solver']);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /bad\.jsonl, line 2/);
  const run = await reckon([
    'compare',
    '-d',
    'bad.jsonl',
    '-m',
    'direct',
    '--model',
    'noisy-solver',
    '--skip-bad-rows',
  ]);
  assert.equal(run.code, 0);
  assert.match(run.stderr, /Left out line 2/);
  assert.match(run.stdout, /2 problems/);
});

describe('bad input is one sentence with the remedy, exit code 2, and no stack', () => {
  const refusals: readonly [string, readonly string[], RegExp, Readonly<Record<string, string>>?][] = [
    [
      'unknown method',
      ['-d', 'sums.jsonl', '-m', 'cott', '--model', 'noisy-solver'],
      /no method "cott".*chain-of-thought/,
    ],
    ['unknown dataset', ['-d', 'gsm9k', '--model', 'noisy-solver'], /no dataset "gsm9k".*gsm8k/],
    ['missing file', ['-d', 'nowhere.jsonl', '--model', 'noisy-solver'], /no file nowhere\.jsonl/],
    ['unknown model', ['-d', 'sums.jsonl', '--model', 'gpt'], /which model "gpt" is; the forms are/],
    [
      'unknown column',
      ['-d', 'sums.jsonl', '--columns', 'question=q', '--model', 'noisy-solver'],
      /no column "q".*question, answer/,
    ],
    ['empty file', ['-d', 'empty.jsonl', '--model', 'noisy-solver'], /empty\.jsonl holds no rows/],
    ['no key', ['-d', 'sums.jsonl', '--model', 'openai/gpt-x'], /set OPENAI_API_KEY/],
    [
      'nothing listens',
      ['-d', 'sums.jsonl', '--model', 'http://127.0.0.1:9/v1#m'],
      /127\.0\.0\.1:9 \(ECONNREFUSED\); check that the server runs/,
    ],
    [
      'option out of range',
      ['-d', 'sums.jsonl', '-m', 'sc@0', '--model', 'noisy-solver'],
      /samples .* from 1 to 256/,
    ],
    [
      'unknown option',
      ['-d', 'sums.jsonl', '-m', 'sc{width=3}', '--model', 'noisy-solver'],
      /no option "width"/,
    ],
    [
      'inner method where none fits',
      ['-d', 'sums.jsonl', '-m', 'direct(cot)', '--model', 'noisy-solver'],
      /direct takes no inner method/,
    ],
    ['unknown run', ['--resume', 'nope'], /no run nope/],
    ['output of no known kind', ['--demo', '-n', '4', '-o', 'out.pdf'], /out\.pdf; name it \.json/],
    ['nothing said', [], /--dataset/],
  ];
  for (const [name, args, message] of refusals)
    test(name, async () => {
      const { code, stderr } = await reckon(['compare', ...args, '--state', join(folder, 'refusals')]);
      assert.equal(code, 2, stderr);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /\n\s+at /);
    });

  test('wrong key', async () => {
    const { code, stderr } = await reckon(['compare', '-d', 'sums.jsonl', '--model', model()], {
      RECKON_API_KEY: 'wrong-key-123',
    });
    assert.equal(code, 2);
    assert.match(stderr, /401|key/);
    assert.doesNotMatch(stderr, /wrong-key-123/);
  });

  test('commander says what is wrong with a flag, with code 2 as well', async () => {
    const { code, stderr } = await reckon(['compare', '--budget', 'toks=3']);
    assert.equal(code, 2);
    assert.match(stderr, /"toks" is not one of tokens/);
  });
});

test('the first Ctrl-C finishes what is in flight and says how to go on; --resume does', async () => {
  const slow = await scriptedServer({ answer: noisyAnswer(), latencyMilliseconds: 30 });
  const args = [
    main,
    'compare',
    '--demo',
    '-n',
    '80',
    '--model',
    `${slow.url}/v1#m`,
    '--run',
    'stopped',
    '--max-concurrency',
    '4',
  ];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  let interrupted = false;
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
    if (!interrupted && stderr.includes('(10 %)')) {
      interrupted = true;
      child.kill('SIGINT');
    }
  });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  assert.equal(code, 130, stderr);
  assert.match(stderr, /reckon compare --resume stopped/);
  const before = JSON.parse((await reckon(['runs', 'ls', '--json'])).stdout).find(
    (run: { run: string }) => run.run === 'stopped',
  );
  assert.ok(before.rows > 0 && before.rows < before.planned);
  const resumed = await reckon(['compare', '--resume', 'stopped', '--json']);
  assert.equal(JSON.parse(resumed.stdout).methods[0].attempts, 80);
  await slow.close();
});

test('ask prints the answer on stdout and what it cost on stderr', async () => {
  const { stdout, stderr, code } = await reckon([
    'ask',
    'What is 2 + 3?',
    '-m',
    'sc@9',
    '--trace',
    '--answer',
    'number',
  ]);
  assert.equal(code, 0);
  assert.match(stdout, /The answer is/);
  assert.match(stderr, /votes: .*9 calls/s);
});

test('methods, models and data list what there is, for people and for programs', async () => {
  const lists = await Promise.all(
    [['methods'], ['models'], ['data', 'ls'], ['runs']].map((args) => reckon([...args, '--json'])),
  );
  for (const { stdout, code } of lists) {
    assert.equal(code, 0);
    assert.ok(Array.isArray(JSON.parse(stdout)));
  }
  assert.match((await reckon(['methods'])).stdout, /tree-of-thought@breadth/);
  assert.match((await reckon(['data', 'check', 'sums.jsonl'])).stdout, /3 gold answers pass/);
});
