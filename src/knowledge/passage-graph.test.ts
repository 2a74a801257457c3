import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError } from '../core/errors.ts';
import { seeded } from '../core/random.ts';
import type { Passage } from '../core/retriever.ts';
import { startRun } from '../core/run.ts';
import { scripted } from '../models/scripted.ts';
import { bm25 } from './bm25.ts';
import { modelExtractor } from './model-extractor.ts';
import { pageRankRetriever } from './page-rank-retriever.ts';
import { buildPassageGraph, PassageGraph } from './passage-graph.ts';

/** The answer stands two steps from the question: film → director → place of birth. */
const passages: Passage[] = [
  {
    id: 'film',
    title: 'The Silent Harbour (film)',
    text: 'The Silent Harbour is a film by Marta Olsen about a port.',
  },
  {
    id: 'person',
    title: 'Marta Olsen',
    text: 'Marta Olsen came to the world in Bergen and made many pictures.',
  },
  {
    id: 'noise 1',
    title: 'Director',
    text: 'The director of a film was born to lead; where a director is born matters little.',
  },
  {
    id: 'noise 2',
    title: 'Harbour',
    text: 'A silent harbour is where no ship is born and no film director was seen.',
  },
  {
    id: 'noise 3',
    title: 'Ole Lund',
    text: 'Ole Lund was a director, born in Oslo, where the film was shown.',
  },
  ...Array.from({ length: 12 }, (_, index) => ({
    id: `fill ${index}`,
    title: `Town ${index}`,
    text: `A town where director number ${index} was born.`,
  })),
];
const question = 'Where was the director of The Silent Harbour born?';

test('the walk reaches the passage that shares no word with the question', async () => {
  const first = bm25(passages);
  const places = (found: readonly { passage: Passage }[]) => found.map(({ passage }) => passage.id);
  assert.ok(!places(await first.retrieve(question, { limit: 3 })).includes('person'));
  const whole = pageRankRetriever({ first, graph: await buildPassageGraph(passages) });
  assert.ok(places(await whole.retrieve(question, { limit: 3 })).includes('person'));
  const lazy = pageRankRetriever({ first, pool: 4 });
  assert.ok(places(await lazy.retrieve(question, { limit: 3 })).includes('person'));
});

test('the same query finds the same passages, whatever was asked before', async () => {
  const first = bm25(passages);
  const used = pageRankRetriever({ first });
  await Promise.all(['Ole Lund', 'harbour', 'Town 7'].map((query) => used.retrieve(query)));
  assert.deepEqual(await used.retrieve(question), await pageRankRetriever({ first }).retrieve(question));
});

test('a query without names, finds or words is no failure', async () => {
  const retriever = pageRankRetriever({ first: bm25(passages) });
  for (const query of ['', '???', 'zzz', 'the']) assert.deepEqual(await retriever.retrieve(query), []);
  assert.throws(() => pageRankRetriever({ first: bm25(passages), pool: 0 }), InputError);
});

test('cycles, loops and repeated passages do the graph no harm', async () => {
  const graph = new PassageGraph();
  const fact = (subject: string, object: string) => ({ subject, relation: 'knows', object });
  const extraction = {
    phrases: ['a', 'b'],
    triples: [fact('a', 'b'), fact('b', 'a'), fact('a', 'a'), fact('', 'b')],
  };
  for (const id of ['1', '2', '1']) graph.add({ id, text: 'A and B' }, extraction);
  assert.equal(graph.passages.length, 2);
  const { offsets, targets } = graph.walkGraph();
  assert.equal(offsets.at(-1), targets.length);
  const found = await pageRankRetriever({ first: bm25(graph.passages), graph }).retrieve('Who knows B?');
  assert.equal(found.length, 2);
});

test('facts of a model count only when the passage holds their ends', async () => {
  const model = scripted({
    answer: () =>
      '1. Marta Olsen | born in | Bergen\nMarta Olsen | works for | Evil Corp\nno fact\n|||\nBergen | is | Marta Olsen | too',
  });
  const extractor = modelExtractor({ model });
  const extraction = await startRun(
    { signal: new AbortController().signal, limits: {}, random: seeded(1), record: () => {}, label: 'test' },
    async (run) => extractor.extract(passages[1] as Passage, run),
  );
  assert.deepEqual(extraction.triples, [{ subject: 'Marta Olsen', relation: 'born in', object: 'Bergen' }]);
  assert.deepEqual(extraction.phrases, ['marta olsen', 'bergen']);
  await assert.rejects(async () => extractor.extract(passages[1] as Passage), /needs a run/);
});
