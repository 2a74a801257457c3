/**
 * What a relational graph network learns. Kinship stories of 2 to 4 links, tested on up to 10, beside a language model that reads them;
 * MetaQA's questions of one, two and three facts, whose wording is learned too; link prediction on UMLS and Kinship beside
 * published figures; seconds and memory of FB15k-237. MetaQA's training questions are not part of the data: its test questions are split by chance.
 *
 *   node bench/graph-network.ts [--section stories,metaqa,umls,kinship,fb15k] [--questions 1000] [--passes 3] [--train 6000] [--seeds 1]
 *     [--text 100] [--model models/reckon-nano] [--methods direct,cot] [--json]
 */
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { openMethods } from '../src/catalog/methods.ts';
import { type Problem, questionText } from '../src/core/problem.ts';
import { type Random, seeded, shuffle } from '../src/core/random.ts';
import { kinship } from '../src/datasets/kinship.ts';
import type { Worked } from '../src/datasets/parts/worked.ts';
import { evaluate } from '../src/evaluation/evaluate.ts';
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
import { openPolicy } from '../src/transformer/open-policy.ts';
import { collect } from '../test/collect.ts';
import { sharedData } from '../test/shared-data.ts';

const { values } = parseArgs({
  options: {
    section: { type: 'string', default: 'stories,metaqa,umls,kinship,fb15k' },
    questions: { type: 'string', default: '1000' }, // held out, of each kind
    passes: { type: 'string' }, // over the training questions; each section has its own default
    train: { type: 'string' }, // training questions at the most; likewise
    seeds: { type: 'string', default: '1' }, // networks of the stories, each from other weights
    text: { type: 'string', default: '100' }, // stories of each length that the language model reads
    model: { type: 'string', default: 'models/reckon-nano' },
    methods: { type: 'string', default: 'direct,cot' }, // of the language model
    json: { type: 'boolean', default: false },
  },
});
const asked = Number(values.questions);

/** How much a section trains unless told otherwise. */
function effort(train: number, passes: number): { train: number; passes: number } {
  return { train: Number(values.train ?? train), passes: Number(values.passes ?? passes) };
}

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

/** Seconds since the clock was started: of the wall, and of the processor. */
function clock(): () => { seconds: number; processorSeconds: number } {
  const [start, used] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(used);
    return { seconds: (performance.now() - start) / 1e3, processorSeconds: (user + system) / 1e6 };
  };
}

/** Passes over the examples in random order; the rate falls linearly to a tenth. Gives the mean loss of the last pass. */
function fit(
  network: GraphNetwork,
  examples: readonly GraphExample[],
  { passes, batch, random, rate }: { passes: number; batch: number; random: Random; rate: number },
): number {
  const total = Math.ceil(examples.length / batch) * passes;
  let step = 0;
  let mean = Number.NaN;
  for (let pass = 0; pass < passes; pass++) {
    const order = shuffle(examples, random);
    const losses: number[] = [];
    for (let at = 0; at < order.length; at += batch) {
      const learningRate = rate * (1 - (0.9 * step++) / total);
      losses.push(network.train(order.slice(at, at + batch), { learningRate }));
    }
    mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  }
  return mean;
}

/** The share of questions whose first entity is an answer. */
function hitsAtOne(network: GraphNetwork, examples: readonly GraphExample[]): Hits {
  const right = examples.filter((example) => {
    const [first] = network.rank(example);
    return first !== undefined && example.answers.includes(first.entity);
  }).length;
  return shareOf(right, examples.length);
}

interface Hits {
  readonly n: number;
  readonly share: number;
  readonly interval: readonly [number, number]; // Wilson, 95 %
}

function shareOf(right: number, n: number): Hits {
  return { n, share: right / n, interval: wilson(right, n) };
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

function storyProblems(hops: readonly [number, number], split: 'train' | 'test', limit: number) {
  return collect(kinship({ hops, seed: 1 }), split, { limit });
}

function storyOf(problem: Problem<Worked>, hops: string): Story {
  const text = questionText(problem);
  const [, last = '', base = ''] = /(?:What|How) is (\w+) (?:related )?to (\w+)\?$/.exec(text) ?? [];
  const links = [...text.matchAll(STATEMENT)].map(([, person = '', name = '', of = '']) => ({
    person,
    name,
    of,
  }));
  return { id: `${hops} ${problem.id}`, links, last, base, answer: problem.reference.answer };
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
  const { train, passes } = effort(4000, 36);
  const told = (await storyProblems([2, 4], 'train', train)).map((problem) => storyOf(problem, '2 to 4'));
  const lengths = [2, 3, 4, 5, 6, 7, 8, 9, 10];
  const problems = await Promise.all(lengths.map((hops) => storyProblems([hops, hops], 'test', asked)));
  const tests = problems.map((one, index) => one.map((problem) => storyOf(problem, `${lengths[index]}`)));
  const sexes = new Map(
    told.flatMap(({ links }) => links.map(({ person, name }) => [person, WOMEN.test(name)] as const)),
  );
  const names = [...new Set(told.map(({ answer }) => answer))].sort();
  const graph = storyGraph([...told, ...tests.flat()], sexes, names);
  const exampleOf = ({ id, base, answer }: Story): GraphExample => ({
    head: graph.entity(`${id} ${base}`) as number,
    features: [0],
    answers: [graph.entity(`${id} = ${answer}`)].filter((place) => place !== undefined),
  });
  const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);
  const networks = seeds.map((seed) => {
    const random = seeded(`stories ${seed}`);
    const time = clock();
    const network = graphNetwork(graph, {
      random,
      features: 1,
      width: 32,
      steps: 11,
      tied: true,
      reach: 'shortest',
      noise: 0.3,
      weightDecay: 2,
    });
    const loss = fit(network, told.map(exampleOf), { passes, batch: 64, random, rate: 0.01 });
    const trained = time();
    const byLength = tests.map((test) => hitsAtOne(network, test.map(exampleOf)));
    const shown = tests.at(-1)?.[0];
    if (shown && seed === 1 && !values.json) {
      const question = exampleOf(shown);
      const paths = network.explain(question, question.answers[0] as number, 1);
      console.log(`  a path of ten: ${pathsText(graph, paths)}`);
    }
    return { seed, ...trained, loss, byLength };
  });
  const text = Number(values.text) > 0 ? await readStories(problems) : [];
  const rows = lengths.map((hops, index) => ({
    hops,
    ...Object.fromEntries(
      [...networks.map(({ seed, byLength }) => [`network ${seed}`, byLength] as const), ...text].map(
        ([name, byLength]) => [name, byLength[index]],
      ),
    ),
  }));
  const training = networks.map(({ byLength: _, ...figures }) => figures);
  return { section: 'stories', trained: told.length, passes, training, rows };
}

/** What a language model makes of the same stories: by method, the share of right answers for each length. */
async function readStories(problems: readonly (readonly Problem<Worked>[])[]) {
  const policy = await openPolicy({ folder: values.model, id: 'text', slots: 32 });
  const methods = await openMethods(values.methods.split(','), policy);
  const results = new Map(methods.list.map(({ name }) => [name, [] as Hits[]]));
  for (const all of problems) {
    const read = all.slice(0, Number(values.text));
    const right = new Map<string, number>();
    await evaluate({
      methods: methods.list,
      problems: read,
      verifier: kinship().verifier,
      concurrency: 32,
      onRow: ({ method, outcome }) => {
        if (outcome === 'correct') right.set(method, (right.get(method) ?? 0) + 1);
      },
    });
    for (const [name, byLength] of results) byLength.push(shareOf(right.get(name) ?? 0, read.length));
  }
  await methods.close();
  await policy.close();
  return [...results];
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

function metaQa(folder: string) {
  const graph = knowledgeGraph(triplesOf(`${folder}/kb_reconstructed.tsv.gz`));
  const places = new Map(graph.entities.map((name, place) => [name, place]));
  const rows = [];
  for (const hops of [1, 2, 3]) {
    const { train, passes } = effort(6000, 3);
    const random = seeded(`metaqa ${hops}`);
    const examples = shuffle(lines(`${folder}/${hops}hop_test.txt.gz`), random).flatMap((line) => {
      const [question = '', answers = ''] = line.split('\t');
      const topic = /\[([^\]]*)\]/.exec(question);
      const head = places.get(topic?.[1] ?? '');
      const found = answers.split('|').flatMap((name) => places.get(name) ?? []);
      if (head === undefined || found.length === 0) return [];
      return [{ head, features: wordFeatures(question.replace(topic?.[0] ?? '', '_')), answers: found }];
    });
    const [held, rest] = [examples.slice(0, asked), examples.slice(asked, asked + train)];
    const time = clock();
    const network = graphNetwork(graph, { random, features: WORD_BUCKETS, width: 16, steps: hops });
    const loss = fit(network, rest, { passes, batch: 8, random, rate: 0.01 });
    rows.push({ hops, trained: rest.length, passes, loss, ...time(), network: hitsAtOne(network, held) });
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
function ranks(
  network: GraphNetwork,
  { entities }: Pick<KnowledgeGraph, 'entities'>,
  examples: readonly GraphExample[],
) {
  const found = examples.map((example) => {
    const [answer] = example.answers;
    const others = new Set(example.alsoRight?.filter((entity) => entity !== answer));
    const list = network.rank(example).filter(({ entity }) => !others.has(entity));
    const own = list.find(({ entity }) => entity === answer)?.score;
    const above = own === undefined ? list.length : list.filter(({ score }) => score > own).length;
    const equal =
      own === undefined
        ? entities.length - others.size - list.length
        : list.filter(({ score }) => score === own).length;
    return above + (equal + 1) / 2;
  });
  const within = (places: number): Hits =>
    shareOf(found.filter((rank) => rank <= places).length, found.length);
  const inverse = found.map((rank) => 1 / rank);
  const mean = inverse.reduce((sum, value) => sum + value, 0) / inverse.length;
  const variance = inverse.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (inverse.length - 1);
  const margin = 1.96 * Math.sqrt(variance / inverse.length);
  return {
    meanReciprocalRank: { n: inverse.length, share: mean, interval: [mean - margin, mean + margin] },
    hitsAt1: within(1),
    hitsAt10: within(10),
  };
}

function linkPrediction(name: 'umls' | 'kinship', folder: string) {
  const { train: most, passes } = effort(Number.POSITIVE_INFINITY, 4);
  const random = seeded(name);
  const { whole, train, test } = linksFrom(folder, (split) => `${split}.txt`);
  const examples = shuffle(linkExamples(train), random).slice(0, most);
  const time = clock();
  const network = graphNetwork(train, {
    random,
    features: 2 * train.relations.length,
    width: 32,
    steps: 3,
    negatives: 32,
  });
  const loss = fit(network, examples, { passes, batch: 16, random, rate: 0.005 });
  const trained = { trained: examples.length, passes, loss, ...time() };
  const questions = shuffle(linkExamples({ ...whole, edges: test }, whole.edges), random);
  return { section: name, ...trained, ...ranks(network, whole, questions) };
}

function freebase(folder: string) {
  const random = seeded('fb15k');
  const graph = knowledgeGraph(triplesOf(`${folder}/train.first20000.txt.gz`));
  const examples = shuffle(linkExamples(graph), random);
  const { train, passes } = effort(4000, 1);
  const network = graphNetwork(graph, {
    random,
    features: 2 * graph.relations.length,
    width: 32,
    steps: 3,
    negatives: 32,
  });
  const time = clock();
  const loss = fit(network, examples.slice(0, train), { passes, batch: 16, random, rate: 0.005 });
  const { seconds, processorSeconds } = time();
  const epoch = examples.length / (train * passes);
  return {
    section: 'fb15k',
    facts: graph.edges.length,
    entities: graph.entities.length,
    questions: examples.length,
    trained: train * passes,
    loss,
    secondsPerEpoch: seconds * epoch,
    processorSecondsPerEpoch: processorSeconds * epoch,
    megabytes: process.memoryUsage().rss / 2 ** 20,
  };
}

// ── Report ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Mean reciprocal rank, hits@1 and hits@10 of ConvE on the same split, as its authors give them (github.com/TimDettmers/ConvE). */
const PUBLISHED = { umls: '.94, .92 and .99', kinship: '.83, .73 and .98' };

const folders = { metaqa: 'kgqa/metaqa', umls: 'kg/umls', kinship: 'kg/kinship', fb15k: 'kg/FB15k-237' };
const results: { readonly section: string }[] = [];
for (const section of values.section.split(',')) {
  const folder = section in folders ? sharedData(folders[section as keyof typeof folders]) : undefined;
  if (section !== 'stories' && !folder) {
    console.error(`${section}: not measured, ../shared/data is needed`);
    continue;
  }
  if (section === 'stories') results.push(report(await stories()));
  else if (section === 'metaqa') results.push(report(metaQa(folder as string)));
  else if (section === 'fb15k') results.push(report(freebase(folder as string)));
  else results.push(report(linkPrediction(section as 'umls' | 'kinship', folder as string)));
}
if (values.json) console.log(JSON.stringify(results, null, 2));

/** Prints a section as soon as it is done. */
function report<Section extends { readonly section: string; readonly rows?: readonly object[] }>(
  result: Section,
): Section {
  if (values.json) return result;
  const { section, rows = [], ...figures } = result;
  const published = section in PUBLISHED ? `; ConvE ${PUBLISHED[section as keyof typeof PUBLISHED]}` : '';
  console.log(`${section}: ${said(figures)}${published}; load ${loadavg().map(said).join(' ')}`);
  for (const row of rows) console.log(`  ${said(row)}`);
  return result;
}

/** Figures in words; a share with its interval and number. */
function said(value: unknown): string {
  if (typeof value === 'number') return `${Number(value.toPrecision(4))}`;
  if (Array.isArray(value)) return `[${value.map(said).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const { share, interval, n, ...rest } = value as Partial<Hits>;
  const fields = Object.entries(rest).map(([name, field]) => `${name} ${said(field)}`);
  const hits = share === undefined ? [] : [`${said(share)} ${said(interval)} of ${n}`];
  return [...hits, ...fields].join(', ');
}
