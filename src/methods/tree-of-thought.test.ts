import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SampleRequest } from '../core/model.ts';
import type { Question } from '../core/problem.ts';
import { solve } from '../core/solve.ts';
import type { TraceEvent } from '../core/trace.ts';
import { foldTrace } from '../core/trace.ts';
import { scripted } from '../models/scripted.ts';
import { countdownSteps, gradeByWord } from './parts/thought-task.ts';
import type { TreeOfThoughtOptions } from './tree-of-thought.ts';
import { treeOfThought } from './tree-of-thought.ts';

const puzzle: Question = {
  id: '24',
  messages: [{ role: 'user', text: 'Use 4 6 8 once each to make 24... with + - * /.' }],
  answerKind: 'expression',
  given: { numbers: [2, 4, 3], target: 24 },
};

/** Proposes every operation on the numbers that are left, and judges by whether the rest can make the target. */
function perfect({ messages }: SampleRequest): string {
  const text = messages.at(-1)?.text ?? '';
  const left = /Numbers: ([-\d. ]+)/.exec(text)?.[1]?.split(' ').map(Number) ?? [];
  if (text.includes('Write them as one expression')) return 'Answer: 2 * 4 * 3 = 24';
  if (text.includes('use each number once')) return 'sure';
  if (text.includes('reach 24')) return reaches(left) ? 'sure' : 'impossible';
  return operations(left)
    .map(({ line }) => line)
    .join('\n');
}

function operations(numbers: readonly number[]) {
  const found: { line: string; left: number[] }[] = [];
  numbers.forEach((a, i) => {
    numbers.forEach((b, j) => {
      if (i === j) return;
      const rest = numbers.filter((_, index) => index !== i && index !== j);
      for (const [sign, value] of [
        ['+', a + b],
        ['-', a - b],
        ['*', a * b],
      ] as const) {
        const left = [...rest, value].sort((x, y) => x - y);
        found.push({ line: `${a} ${sign} ${b} = ${value} (left: ${left.join(' ')})`, left });
      }
    });
  });
  return found;
}

function reaches(numbers: readonly number[]): boolean {
  if (numbers.length === 1) return numbers[0] === 24;
  return operations(numbers).some(({ left }) => reaches(left));
}

async function search(options: Partial<TreeOfThoughtOptions> = {}, answer = perfect) {
  const events: TraceEvent[] = [];
  const prompts: string[] = [];
  const model = scripted({
    answer: (request) => {
      prompts.push(request.messages.at(-1)?.text ?? '');
      return answer(request);
    },
  });
  const attempt = await solve(treeOfThought({ model, ...options }), puzzle, {
    onEvent: (event) => events.push(event),
  });
  return { ...attempt, prompts, trace: foldTrace(events) };
}

test('breadth first finds the expression and prunes what it does not keep', async () => {
  const { solution, trace } = await search({ breadth: 2 });
  assert.equal(solution.answer?.replace(/\s*=\s*24$/, ''), '2 * 4 * 3');
  assert.equal(solution.steps.length, 3);
  assert.ok([...trace.nodes.values()].some((node) => node.status === 'pruned'));
});

test('the trace holds the tree: each state below the one it extends, with its score and its calls', async () => {
  for (const order of ['breadth-first', 'depth-first'] as const) {
    const { solution, trace } = await search({ breadth: 2, search: order });
    const states = [...trace.nodes.values()].filter(({ state }) => state !== undefined);
    const last = states.find(({ state, status }) => state === solution.steps.at(-1) && status === 'done');
    const path: (string | undefined)[] = [];
    for (let node = last; node?.state !== undefined; node = trace.nodes.get(node.parent ?? -1))
      path.unshift(node.state);
    assert.deepEqual(path, solution.steps);
    assert.ok(states.every(({ scores }) => scores.length === 1 && scores[0]!.verifier === 'value'));
    assert.equal(last?.scores[0]?.score, 1);
    const calls = [...trace.nodes.values()].filter(({ prompt }) => prompt);
    assert.ok(calls.length > 10 && calls.every(({ parent }) => parent !== null));
    assert.ok(last.children.some((child) => trace.nodes.get(child)?.label === 'value'));
  }
});

test('a countdown is known by its words where nothing else is given', async () => {
  const text = 'Use the numbers 2 4 3 and the operations + - * / to make 24. Use each number exactly once.';
  const { solution } = await solve(treeOfThought({ model: scripted({ answer: perfect }) }), {
    id: 'words',
    messages: [{ role: 'user', text }],
  });
  assert.equal(solution.answer?.replace(/\s*=\s*24$/, ''), '2 * 4 * 3');
});

test('depth first finds it too, with fewer calls when the first child is right', async () => {
  const { solution, usage } = await search({ search: 'depth-first' });
  assert.equal(solution.answer?.replace(/\s*=\s*24$/, ''), '2 * 4 * 3');
  const wide = await search({ breadth: 5 });
  assert.ok(usage.calls < wide.usage.calls);
});

test('depth first gives up after its visits, with no answer', async () => {
  const { solution } = await search({ search: 'depth-first', visits: 1 });
  assert.deepEqual([solution.answer, solution.complete], [undefined, true]);
});

test('equal prompts are judged once', async () => {
  const { prompts } = await search({ values: 1 });
  const judged = prompts.filter((prompt) => prompt.includes('Can they reach'));
  assert.equal(new Set(judged).size, judged.length);
});

test('sampling asks for single thoughts, voting compares states', async () => {
  const { prompts, solution } = await search(
    { expand: 'sample', candidates: 2, evaluate: 'vote', values: 2 },
    (request) => {
      const text = request.messages.at(-1)?.text ?? '';
      if (text.includes('most promising')) return '1';
      return (
        perfect(request)
          .split('\n')
          .find((line) => line.includes('* 4 = 8') || line.includes('3 * 8') || line.includes('Answer')) ??
        '2 * 4 = 8 (left: 3 8)'
      );
    },
  );
  assert.ok(prompts.some((prompt) => prompt.includes('most promising')));
  assert.ok(solution.steps.length > 0);
});

test('a budget that ends early returns the best states so far', async () => {
  const model = scripted({ answer: perfect });
  const { solution } = await solve(treeOfThought({ model }), puzzle, { limits: { calls: 12 } });
  assert.deepEqual([solution.complete, solution.exhausted], [false, 'calls']);
});

test('the last of the three words is the grade', () => {
  assert.equal(gradeByWord('It looks likely, no: impossible'), 0.001);
  assert.equal(gradeByWord('Sure'), 20);
  assert.equal(gradeByWord('who knows'), 0);
});

test('a countdown state without an answer after all its operations is worth nothing, without asking', () => {
  const task = countdownSteps([4, 5, 6, 10], 24);
  assert.equal(
    task.value('4 + 5 = 9 (left: 6 9 10)\n6 + 9 = 15 (left: 10 15)\n10 + 15 = 25 (left: 25)\n25 = 25'),
    0,
  );
});
