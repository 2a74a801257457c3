import assert from 'node:assert/strict';
import { truncateSync } from 'node:fs';
import { test } from 'node:test';
import { sharedData } from '../../test/shared-data.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { InputError } from '../core/errors.ts';
import { bm25 } from './bm25.ts';
import type { Triple } from './extraction.ts';
import { graphExtractor, graphPassages, knowledgeGraph, toGraphology } from './graph.ts';
import { readTriples } from './triples.ts';

const folder = temporaryFolder();
const fact = (subject: string, relation: string, object: string): Triple => ({ subject, relation, object });
const films = [
  fact('Harbour', 'directed_by', 'Marta Olsen'),
  fact('Marta Olsen', 'born_in', 'Bergen'),
  fact('Bergen', 'lies_in', 'Norway'),
  fact('Harbour', 'directed_by', 'Marta Olsen'),
];

test('the shortest path is told in words; there is none beyond the steps', () => {
  const graph = knowledgeGraph(films);
  const [from = -1, to = -1] = [graph.entity('harbour'), graph.entity('Norway')];
  assert.deepEqual(
    graph.path(from, to)?.map((edge) => graph.sentence(edge)),
    ['Harbour directed by Marta Olsen.', 'Marta Olsen born in Bergen.', 'Bergen lies in Norway.'],
  );
  assert.equal(graph.path(from, to, 2), undefined);
  assert.deepEqual(graph.path(from, from), []);
  assert.equal(graph.edges.length, 3);
  assert.equal(graph.entity('nobody'), undefined);
});

test('cycles, loops, hubs and names of the language are ordinary', () => {
  const ring = Array.from({ length: 2_000 }, (_, index) =>
    fact(`n${index}`, 'next', `n${(index + 1) % 2_000}`),
  );
  const hub = Array.from({ length: 50_000 }, (_, index) => fact('hub', 'has', `leaf ${index}`));
  const graph = knowledgeGraph([
    ...ring,
    ...hub,
    fact('self', 'is', 'self'),
    fact('__proto__', 'constructor', 'toString'),
  ]);
  const place = (name: string) => graph.entity(name) as number;
  assert.equal(graph.path(place('n0'), place('n1999'))?.length, 1);
  assert.equal(graph.path(place('leaf 1'), place('leaf 49999'))?.length, 2);
  assert.equal(graph.path(place('n0'), place('hub')), undefined);
  assert.equal(graph.around(place('self')).length, 1);
  assert.equal(graph.path(place('__proto__'), place('toString'))?.length, 1);
});

test('facts are found as passages, and join passages that name both ends', async () => {
  const graph = knowledgeGraph(films);
  const [found] = await bm25(graphPassages(graph)).retrieve('Who directed Harbour?');
  assert.match(found?.passage.text ?? '', /directed by Marta Olsen/);
  const { triples } = await graphExtractor(graph).extract({
    id: 'x',
    text: 'In Bergen they say Marta Olsen was kind.',
  });
  assert.deepEqual(triples, [films[1]]);
  const made = await toGraphology(graph);
  assert.deepEqual([made.order, made.size], [4, 3]);
});

test('triples are read from tables, JSON and RDF', async () => {
  const wanted = [fact('Ann Lee', 'knows', 'Bob')];
  assert.deepEqual(await readTriples(folder.write('a.tsv', 'Ann Lee\tknows\tBob\r\n\n')), wanted);
  assert.deepEqual(await readTriples(folder.write('a.txt', 'Ann Lee|knows|Bob\n')), wanted);
  assert.deepEqual(
    await readTriples(folder.write('a.jsonl', '{"subject":"Ann Lee","relation":"knows","object":"Bob"}')),
    wanted,
  );
  const turtle =
    '@prefix e: <http://e.org/x#> .\ne:Ann_Lee e:knows e:Bob ; e:born "1984" .\n<http://e.org/%zz> e:is <http://e.org/> .';
  const read = await readTriples(folder.write('a.ttl', turtle));
  assert.deepEqual(read.slice(0, 2), [...wanted, fact('Ann Lee', 'born', '1984')]);
  assert.equal(read[2]?.subject, '%zz');
});

test('what is no list of triples is refused with its line', async () => {
  await assert.rejects(readTriples(folder.write('b.tsv', 'a\tb\tc\na\tb\n')), /line 2/);
  await assert.rejects(readTriples(folder.write('b.jsonl', '{"__proto__":{"subject":"a"}}\n')), /line 1/);
  await assert.rejects(readTriples(folder.write('b.ttl', 'this is <no turtle')), InputError);
  await assert.rejects(
    readTriples(folder.write('c.tsv', 'a\tb\tc\na\tb\td\n'), { most: 1 }),
    /more than 1 triples/,
  );
  await assert.rejects(readTriples(folder.write('d.tsv', 'x'.repeat(3 * 2 ** 20))), InputError);
  const sparse = folder.write('e.nt', '');
  truncateSync(sparse, 3 * 2 ** 30);
  await assert.rejects(readTriples(sparse), /read at the most/);
  await assert.rejects(readTriples(folder.path), InputError);
});

test('a published graph is read whole', async (t) => {
  const path = sharedData('kg/umls/train.txt');
  if (path === undefined) return t.skip('../shared/data is needed');
  const graph = knowledgeGraph(await readTriples(path));
  assert.equal(graph.relations.length, 46);
  assert.equal(graph.entities.length, 135);
});
