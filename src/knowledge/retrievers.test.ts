/** Vectors, fusion and reranking: small parts that work on any retriever. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError } from '../core/errors.ts';
import { seeded } from '../core/random.ts';
import type { FoundPassage, Passage, Retriever } from '../core/retriever.ts';
import { startRun } from '../core/run.ts';
import { scripted } from '../models/scripted.ts';
import { judge } from '../verifiers/judge.ts';
import { hashedEmbedder, hashedVector } from './hashed-embedder.ts';
import { fuse, hybrid } from './hybrid.ts';
import { RELEVANCE, reranked } from './reranked.ts';
import { dot, nearest } from './vectors.ts';

const passages: Passage[] = ['bees make honey', 'wasps make paper', 'ants make hills'].map((text, index) => ({
  id: String(index),
  text,
}));
const found = (...order: number[]): FoundPassage[] =>
  order.map((index, rank) => ({ passage: passages[index] as Passage, score: 10 - rank }));
const fixed = (...order: number[]): Retriever => ({ name: 'fixed', retrieve: async () => found(...order) });
const ids = (list: readonly FoundPassage[]) => list.map(({ passage }) => passage.id).join('');

test('hashed vectors have length 1, are nearer for related words, and zero for none', () => {
  const vector = (text: string) => hashedVector(text, 512);
  assert.ok(Math.abs(dot(vector('bees make honey'), vector('bees make honey')) - 1) < 1e-6);
  assert.ok(
    dot(vector('psychology'), vector('psychologist')) > dot(vector('psychology'), vector('honeycomb')) + 0.1,
  );
  assert.ok(Math.abs(dot(vector('psychology'), vector('harbour'))) < 0.2);
  assert.equal(dot(vector('… ?'), vector('… ?')), 0);
  assert.throws(() => hashedEmbedder({ dimensions: 100 }), InputError);
});

test('a corpus teaches which words are rare, and names its space', async () => {
  const corpus = ['red car', 'red house', 'red tree', 'red sea'];
  const embedder = hashedEmbedder({ corpus });
  const [query, common, rare] = await embedder.embed(['red sea', 'red car', 'blue sea']);
  assert.ok(query && common && rare && dot(query, rare) > dot(query, common));
  assert.equal(embedder.id, hashedEmbedder({ corpus: corpus.toReversed() }).id);
  assert.notEqual(embedder.id, hashedEmbedder({ corpus: corpus.slice(1) }).id);
});

test('the nearest passages come first, without those that share nothing', async () => {
  const retriever = await nearest(passages, hashedEmbedder());
  assert.equal(ids(await retriever.retrieve('honeybee', { limit: 1 })), '0');
  assert.deepEqual(await retriever.retrieve('  '), []);
});

test('fusion adds reciprocal ranks', async () => {
  const fused = fuse([found(0, 1), found(1, 2)]);
  assert.equal(ids(fused), '102');
  assert.ok(Math.abs((fused[0]?.score ?? 0) - (1 / 62 + 1 / 61)) < 1e-12);
  assert.equal(
    ids(await hybrid({ retrievers: [fixed(0, 1), fixed(1, 2)] }).retrieve('q', { limit: 1 })),
    '1',
  );
  assert.throws(() => hybrid({ retrievers: [] }), InputError);
});

test('a judge puts what it finds relevant first, within the budget of the run', async () => {
  const model = scripted({
    answer: ({ messages }) => (messages.at(-1)?.text.includes('ants make') ? 'Verdict: yes' : 'Verdict: no'),
  });
  const retriever = reranked({ first: fixed(0, 1, 2), judge: judge({ model, criteria: RELEVANCE }) });
  await assert.rejects(retriever.retrieve('Who makes hills?'), /needs a run/);
  const signal = new AbortController().signal;
  const start = { signal, limits: {}, random: seeded(1), record: () => {}, label: 'test' };
  const ranked = await startRun(start, (run) => retriever.retrieve('Who makes hills?', { run }));
  assert.equal(ids(ranked), '201');
});
