/**
 * What a relational graph network learns. Kinship stories of 2 to 4 links, tested on up to 10; MetaQA's questions of one, two and three
 * facts, whose wording is learned too; link prediction on UMLS and Kinship beside published figures; seconds and memory of
 * FB15k-237. MetaQA's training questions are not part of the data: its test questions are split by chance.
 *
 *   node bench/graph-network.ts [--section stories,metaqa,umls,kinship,fb15k] [--train 800] [--questions 300] [--epochs 3] [--json]
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { questionText } from '../src/core/problem.ts';
import { type Random, seeded, shuffle } from '../src/core/random.ts';
import { kinship } from '../src/datasets/kinship.ts';
import { wilson } from '../src/evaluation/statistics.ts';
import type { Triple } from '../src/knowledge/extraction.ts';
import { type KnowledgeGraph, knowledgeGraph } from '../src/knowledge/graph.ts';
import {
  type GraphExample,
  type GraphNetwork,
  graphNetwork,
  linkExamples,
} from '../src/knowledge/graph-network.ts';
import { pathsText } from '../src/knowledge/graph-paths.ts';
import { sharedData } from '../test/shared-data.ts';

const { values } = parseArgs({
  options: {
    section: { type: 'string', default: 'stories,metaqa,umls,kinship,fb15k' },
    train: { type: 'string', default: '800' }, // questions
    questions: { type: 'string', default: '300' }, // held out, of each kind
    epochs: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
});
const [trained, asked, epochs] = [values.train, values.questions, values.epochs].map(Number) as [
  number,
  number,
  number,
];
const LEARNING_RATE = 0.005;

function textOf(path: string): string {
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

function lines(path: string): string[] {
  return textOf(path).split('\n').filter(Boolean);
}

function triplesOf(path: string): Triple[] {
  return lines(path).map((line) => {
    const [subject = '', relation = '', object = ''] = line.split('\t');
    return { subject, relation, object };
  });
}

function seconds(since: number): number {
  return (performance.now() - since) / 1000;
}

/** Passes over the examples in random order; the rate falls linearly to a tenth. Gives the mean loss of the last pass. */
async function fit(
  network: GraphNetwork,
  examples: readonly GraphExample[],
  {
    passes,
    batch,
    random,
    rate = LEARNING_RATE,
  }: { passes: number; batch: number; random: Random; rate?: number },
): Promise<number> {
  const total = Math.ceil(examples.length / batch) * passes;
  let step = 0;
  let mean = Number.NaN;
  for (let pass = 0; pass < passes; pass++) {
    const order = shuffle(examples, random);
    const losses: number[] = [];
    for (let at = 0; at < order.length; at += batch) {
      const learningRate = rate * (1 - (0.9 * step++) / total);
      losses.push(await network.train(order.slice(at, at + batch), { learningRate }));
    }
    mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  }
  return mean;
}

/** The share of questions whose first entity is an answer. */
async function hitsAtOne(network: GraphNetwork, examples: readonly GraphExample[], batch: number) {
  let hits = 0;
  for (let at = 0; at < examples.length; at += batch) {
    const part = examples.slice(at, at + batch);
    const ranked = await network.rank(part);
    hits += part.filter(({ answers }, i) => answers.includes(ranked[i]?.[0]?.entity as number)).length;
  }
  return { n: examples.length, hits: hits / examples.length, interval: wilson(hits, examples.length) };
}

// ── Kinship stories ───────────────────────────────────────────────────────────────────────────────────────────────────

const WOMEN = /mother|daughter|sister|aunt|niece/;
const STATEMENT = /\b([A-Z][a-z]+) is the ([a-z-]+) of ([A-Z][a-z]+)\./g;

interface Story {
  readonly id: string;
  readonly links: readonly { person: string; name: string; of: string }[];
  readonly last: string;
  readonly base: string;
  readonly answer: string;
}

async function storiesOf(
  hops: readonly [number, number],
  split: 'train' | 'test',
  limit: number,
): Promise<Story[]> {
  const stories: Story[] = [];
  for await (const problem of kinship({ hops, seed: 1 }).load(split, { limit })) {
    const text = questionText(problem);
    const [, last = '', base = ''] = /(?:What|How) is (\w+) (?:related )?to (\w+)\?$/.exec(text) ?? [];
    const links = [...text.matchAll(STATEMENT)].map(([, person = '', name = '', of = '']) => ({
      person,
      name,
      of,
    }));
    stories.push({ id: `${hops} ${problem.id}`, links, last, base, answer: problem.reference.answer });
  }
  return stories;
}

/**
 * All stories as one graph, a part for each. The one who is asked about has a fact to each possible answer, of the sex that the training
 * stories tell of the name; the answer is the entity that the question from the other person finds.
 */
function storyGraph(
  stories: readonly Story[],
  sexes: ReadonlyMap<string, boolean>,
  names: readonly string[],
) {
  const triples = stories.flatMap(({ id, links, last }) => [
    ...links.map(({ person, name, of }) => ({
      subject: `${id} ${of}`,
      relation: name,
      object: `${id} ${person}`,
    })),
    ...names
      .filter((name) => !sexes.has(last) || WOMEN.test(name) === sexes.get(last))
      .map((name) => ({ subject: `${id} ${last}`, relation: `may be ${name}`, object: `${id} = ${name}` })),
  ]);
  return knowledgeGraph(triples);
}

async function stories() {
  const started = performance.now();
  const random = seeded('stories');
  const train = await storiesOf([2, 4], 'train', 5 * trained);
  const lengths = [2, 3, 4, 5, 6, 7, 8, 9, 10];
  const tests = await Promise.all(lengths.map((hops) => storiesOf([hops, hops], 'test', asked)));
  const sexes = new Map(
    train.flatMap(({ links }) => links.map(({ person, name }) => [person, WOMEN.test(name)] as const)),
  );
  const names = [...new Set(train.map(({ answer }) => answer))].sort();
  const graph = storyGraph([...train, ...tests.flat()], sexes, names);
  const exampleOf = ({ id, base, answer }: Story): GraphExample => ({
    head: graph.entity(`${id} ${base}`) as number,
    features: [0],
    answers: [graph.entity(`${id} = ${answer}`)].filter((place) => place !== undefined),
    alsoRight: [],
  });
  const network = await graphNetwork(graph, {
    random,
    features: 1,
    width: 32,
    steps: 11,
    tied: true,
    reach: 'shortest',
    weightDecay: 2,
  });
  const loss = await fit(network, train.map(exampleOf), {
    passes: 2 * epochs,
    batch: 64,
    random,
    rate: 2 * LEARNING_RATE,
  });
  const trainSeconds = seconds(started);
  const rows = [];
  for (const [index, test] of tests.entries())
    rows.push({ hops: lengths[index] as number, ...(await hitsAtOne(network, test.map(exampleOf), 64)) });
  const [shown] = tests.at(-1) ?? [];
  if (shown && !values.json) {
    const question = exampleOf(shown);
    const paths = await network.explain(question, question.answers[0] as number, 1);
    console.log(`  a path of ten: ${pathsText(graph, paths)}`);
  }
  await network.dispose();
  return { section: 'stories', trained: train.length, trainSeconds, loss, rows };
}

// ── MetaQA ────────────────────────────────────────────────────────────────────────────────────────────────────────────

const WORD_BUCKETS = 1024;

/** Words and pairs of neighbouring words by hash. */
function wordFeatures(text: string): number[] {
  const words = text.toLowerCase().match(/[a-z_]+/g) ?? [];
  const pairs = words.slice(1).map((word, index) => `${words[index]} ${word}`);
  return [...words, ...pairs].map((word) => {
    let hash = 0x811c9dc5;
    for (const letter of word) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
    return (hash >>> 8) % WORD_BUCKETS;
  });
}

async function metaQa(folder: string) {
  const graph = knowledgeGraph(triplesOf(`${folder}/kb_reconstructed.tsv.gz`));
  const places = new Map(graph.entities.map((name, place) => [name, place]));
  const rows = [];
  for (const hops of [1, 2, 3]) {
    const random = seeded(`metaqa ${hops}`);
    const examples = shuffle(lines(`${folder}/${hops}hop_test.txt.gz`), random).flatMap((line) => {
      const [question = '', answers = ''] = line.split('\t');
      const topic = /\[([^\]]*)\]/.exec(question);
      const head = places.get(topic?.[1] ?? '');
      const found = answers.split('|').flatMap((name) => places.get(name) ?? []);
      if (head === undefined || found.length === 0) return [];
      return [{ head, features: wordFeatures(question.replace(topic?.[0] ?? '', '_')), answers: found }];
    });
    const [held, rest] = [examples.slice(0, asked), examples.slice(asked, asked + trained)];
    const network = await graphNetwork(graph, { random, features: WORD_BUCKETS, width: 16, steps: hops });
    const started = performance.now();
    const batch = hops === 3 ? 2 : 8;
    const loss = await fit(network, rest, { passes: epochs, batch, random, rate: 2 * LEARNING_RATE });
    const trainSeconds = seconds(started);
    rows.push({ hops, trained: rest.length, trainSeconds, loss, ...(await hitsAtOne(network, held, batch)) });
    await network.dispose();
  }
  return { section: 'metaqa', facts: graph.edges.length, rows };
}

// ── Link prediction ───────────────────────────────────────────────────────────────────────────────────────────────────

function linksFrom(folder: string, file: (split: string) => string) {
  const parts = ['train', 'valid', 'test'].map((split) => triplesOf(`${folder}/${file(split)}`));
  const whole = knowledgeGraph(parts.flat());
  const key = ({ subject, relation, object }: Triple): string => `${subject}\t${relation}\t${object}`;
  const own = parts.map((triples) => new Set(triples.map(key)));
  const edgesOf = (part: number) =>
    whole.edges.filter(({ from, relation, to }) =>
      own[part]?.has(
        key({
          subject: whole.entities[from] ?? '',
          relation: whole.relations[relation] ?? '',
          object: whole.entities[to] ?? '',
        }),
      ),
    );
  const train = { entities: whole.entities, relations: whole.relations, edges: edgesOf(0) };
  return { whole, train, test: edgesOf(2) };
}

/** Reciprocal rank and hits among all entities but those that are right as well; what is not reached shares the places behind. */
async function ranks(
  network: GraphNetwork,
  graph: Pick<KnowledgeGraph, 'entities'>,
  examples: readonly GraphExample[],
  batch: number,
) {
  const found: number[] = [];
  for (let at = 0; at < examples.length; at += batch) {
    const part = examples.slice(at, at + batch);
    const ranked = await network.rank(part);
    part.forEach(({ answers: [answer], alsoRight = [] }, index) => {
      const others = new Set(alsoRight.filter((entity) => entity !== answer));
      const list = (ranked[index] ?? []).filter(({ entity }) => !others.has(entity));
      const own = list.find(({ entity }) => entity === answer)?.score;
      const above = own === undefined ? list.length : list.filter(({ score }) => score > own).length;
      const equal =
        own === undefined
          ? graph.entities.length - others.size - list.length
          : list.filter(({ score }) => score === own).length;
      found.push(above + (equal + 1) / 2);
    });
  }
  const within = found.filter((rank) => rank <= 10).length;
  return {
    n: found.length,
    meanReciprocalRank: found.reduce((sum, rank) => sum + 1 / rank, 0) / found.length,
    hitsAt10: within / found.length,
    interval: wilson(within, found.length),
  };
}

async function linkPrediction(name: 'umls' | 'kinship', folder: string) {
  const random = seeded(name);
  const { whole, train, test } = linksFrom(folder, (split) => `${split}.txt`);
  const examples = shuffle(linkExamples(train), random);
  const network = await graphNetwork(train, {
    random,
    features: 2 * train.relations.length,
    width: 16,
    steps: 2,
  });
  const started = performance.now();
  const used = examples.slice(0, trained * 10);
  const loss = await fit(network, used, { passes: epochs, batch: 8, random });
  const trainSeconds = seconds(started);
  const questions = shuffle(linkExamples({ ...whole, edges: test }, whole.edges), random).slice(0, 2 * asked);
  const result = await ranks(network, whole, questions, 8);
  await network.dispose();
  return { section: name, trained: used.length, trainSeconds, loss, ...result };
}

async function freebase(folder: string) {
  const random = seeded('fb15k');
  const graph = knowledgeGraph(triplesOf(`${folder}/train.first20000.txt.gz`));
  const examples = shuffle(linkExamples(graph), random);
  const network = await graphNetwork(graph, {
    random,
    features: 2 * graph.relations.length,
    width: 16,
    steps: 3,
  });
  const batch = 4;
  const updates = Math.max(2, Math.floor(trained / 80));
  await network.train(examples.slice(0, batch), { learningRate: LEARNING_RATE }); // compiles
  const started = performance.now();
  let highest = 0;
  for (let update = 1; update <= updates; update++) {
    await network.train(examples.slice(update * batch, (update + 1) * batch), {
      learningRate: LEARNING_RATE,
    });
    highest = Math.max(highest, process.memoryUsage().rss);
  }
  const perUpdate = seconds(started) / updates;
  await network.dispose();
  return {
    section: 'fb15k',
    facts: graph.edges.length,
    questions: examples.length,
    updates,
    secondsPerEpoch: (perUpdate * examples.length) / batch,
    megabytes: highest / 2 ** 20,
  };
}

// ── Report ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Mean reciprocal rank and hits@10 of ConvE on the same split, as its authors give them (github.com/TimDettmers/ConvE). */
const PUBLISHED = { umls: '.94 / .99', kinship: '.83 / .98' };

const folders = { metaqa: 'kgqa/metaqa', umls: 'kg/umls', kinship: 'kg/kinship', fb15k: 'kg/FB15k-237' };
const results: { readonly section: string }[] = [];
for (const section of values.section.split(',')) {
  const folder = section in folders ? sharedData(folders[section as keyof typeof folders]) : undefined;
  if (section !== 'stories' && !folder) {
    console.error(`${section}: not measured, ../shared/data is needed`);
    continue;
  }
  if (section === 'stories') results.push(await report(stories()));
  else if (section === 'metaqa') results.push(await report(metaQa(folder as string)));
  else if (section === 'fb15k') results.push(await report(freebase(folder as string)));
  else results.push(await report(linkPrediction(section as 'umls' | 'kinship', folder as string)));
}
if (values.json) console.log(JSON.stringify(results, null, 2));

interface Hits {
  readonly hops: number;
  readonly n: number;
  readonly hits: number;
  readonly interval: readonly [number, number];
}

/** Prints a section as soon as it is done. */
async function report<
  Section extends { readonly section: string; readonly rows?: readonly (Hits & { trainSeconds?: number })[] },
>(measured: Promise<Section>): Promise<Section> {
  const result = await measured;
  if (values.json) return result;
  const { section, rows = [], ...rest } = result;
  const figures = Object.entries(rest).map(([name, value]) => `${name} ${rounded(value)}`);
  const published = section in PUBLISHED ? `; ConvE ${PUBLISHED[section as keyof typeof PUBLISHED]}` : '';
  console.log(`${section}: ${figures.join(', ')}${published}`);
  for (const { hops, n, hits, interval, trainSeconds } of rows) {
    const time = trainSeconds === undefined ? '' : `, trained in ${rounded(trainSeconds)} s`;
    console.log(`  ${hops} hops: hits@1 ${rounded(hits)} ${rounded(interval)} of ${n}${time}`);
  }
  return result;
}

function rounded(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(rounded).join(', ')}]`;
  return typeof value === 'number' ? `${Number(value.toPrecision(4))}` : String(value);
}
