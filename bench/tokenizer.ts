/**
 * How fast the tokenizer learns, encodes and decodes, beside the reference library's encoder on the same text and vocabulary
 * in the same run.
 *
 * Text: seeded pseudo-words by Zipf's law with signs, sums and lines, so that it is the same everywhere; 20 MB to learn from,
 * another 4 MB that was not seen to encode. Aims: 4,096 tokens learned from 20 MB in less than 60 s, at least 2 MB/s encoded.
 * The text that is encoded and decoded comes back whole, and both encoders give the same ids, or the script fails.
 *
 *   node bench/tokenizer.ts [--json] [--megabytes 20] [--vocabulary 4096] [--runs 5] [--seed 0]
 */
import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import { Tokenizer as Reference } from '@huggingface/tokenizers';
import type { Random } from '../src/core/random.ts';
import { seeded } from '../src/core/random.ts';
import { quantile } from '../src/evaluation/statistics/quantile.ts';
import { trainTokenizer } from '../src/transformer/tokenizer.ts';
import { tokenizerFiles } from '../src/transformer/tokenizer-files.ts';

const MEGABYTE = 1e6;
const DISTINCT_WORDS = 60_000;
const ENCODED_MEGABYTES = 4;
const DOCUMENT_WORDS = 400;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    megabytes: { type: 'string', default: '20' },
    vocabulary: { type: 'string', default: '4096' },
    runs: { type: 'string', default: '5' },
    seed: { type: 'string', default: '0' },
  },
});
const random = seeded(values.seed);
const words = makeWords(random.fork('words'));
const corpus = documents(random.fork('learned'), Number(values.megabytes) * MEGABYTE);
const unseen = documents(random.fork('encoded'), ENCODED_MEGABYTES * MEGABYTE);
const corpusBytes = bytesOf(corpus);
const unseenBytes = bytesOf(unseen);

const started = performance.now();
const tokenizer = trainTokenizer(corpus, { vocabularySize: Number(values.vocabulary) });
const trainSeconds = (performance.now() - started) / 1000;

const files = tokenizerFiles(tokenizer, 1024);
const reference = new Reference(JSON.parse(files.tokenizer), JSON.parse(files.config));
const encode = { ours: [] as number[], reference: [] as number[] };
const decode: number[] = [];
let ids: Int32Array[] = [];
// in turn, so that what else the machine does falls on both; the first run of each warms up and does not count
for (let run = 0; run <= Number(values.runs); run++) {
  const [fresh, ours] = timed(() => unseen.map((text) => tokenizer.encode(text)));
  const [theirIds, theirs] = timed(() => unseen.map((text) => reference.encode(text).ids));
  const [texts, back] = timed(() => fresh.map((list) => tokenizer.decode(list)));
  assert.deepEqual(texts, unseen);
  for (const [index, list] of fresh.entries()) assert.deepEqual([...list], theirIds[index]);
  ids = fresh;
  if (run === 0) continue;
  encode.ours.push(ours);
  encode.reference.push(theirs);
  decode.push(back);
}
const tokens = ids.reduce((sum, list) => sum + list.length, 0);
const ratios = encode.ours.map((seconds, run) => encode.reference[run]! / seconds);

const result = {
  train: { megabytes: corpusBytes / MEGABYTE, tokens: tokenizer.vocabularySize, seconds: trainSeconds },
  bytesPerToken: unseenBytes / tokens,
  encodeMegabytesPerSecond: spread(encode.ours.map(rate)),
  referenceEncodeMegabytesPerSecond: spread(encode.reference.map(rate)),
  encodeRatio: spread(ratios),
  decodeMegabytesPerSecond: spread(decode.map(rate)),
  runs: encode.ours.length,
};
if (values.json) console.log(JSON.stringify(result, null, 2));
else {
  const { train } = result;
  console.log(
    `learned ${train.tokens} tokens from ${train.megabytes.toFixed(1)} MB in ${train.seconds.toFixed(1)} s (aim: < 60 s)`,
  );
  console.log(
    `${(unseenBytes / MEGABYTE).toFixed(1)} MB unseen, ${result.bytesPerToken.toFixed(2)} bytes a token`,
  );
  console.log(`median [least, most] of ${result.runs} runs, MB/s`);
  row('encode (aim: ≥ 2)', result.encodeMegabytesPerSecond);
  row('reference encode', result.referenceEncodeMegabytesPerSecond);
  row('ours : reference', result.encodeRatio);
  row('decode', result.decodeMegabytesPerSecond);
}

function row(name: string, [middle, least, most]: readonly number[]): void {
  console.log(
    `${name.padEnd(20)} ${[middle, least, most].map((value) => value!.toFixed(1).padStart(7)).join(' ')}`,
  );
}

function timed<T>(work: () => T): [T, number] {
  const start = performance.now();
  const made = work();
  return [made, (performance.now() - start) / 1000];
}

function rate(seconds: number): number {
  return unseenBytes / MEGABYTE / seconds;
}

function spread(all: readonly number[]): readonly [median: number, least: number, most: number] {
  return [quantile(all, 0.5), Math.min(...all), Math.max(...all)];
}

function bytesOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

function makeWords(chance: Random): string[] {
  const starts = [
    'b',
    'c',
    'd',
    'f',
    'g',
    'h',
    'l',
    'm',
    'n',
    'p',
    'r',
    's',
    't',
    'v',
    'st',
    'tr',
    'pl',
    'th',
    '',
  ];
  const ends = ['', '', 'n', 'r', 's', 't', 'l', 'nd', 'ng', 'ck'];
  const vowels = [...'aeiou', 'ea', 'ou', 'é'];
  const pick = (of: readonly string[]) => of[chance.integer(of.length)]!;
  return Array.from({ length: DISTINCT_WORDS }, () =>
    Array.from({ length: 1 + chance.integer(4) }, () => pick(starts) + pick(vowels) + pick(ends)).join(''),
  );
}

/** Texts of a few kilobytes: words by Zipf's law, one in ten a sum, lines of a dozen words. */
function documents(chance: Random, bytes: number): string[] {
  const texts: string[] = [];
  for (let made = 0; made < bytes; made += Buffer.byteLength(texts.at(-1)!)) {
    let text = '';
    for (let word = 0; word < DOCUMENT_WORDS; word++) {
      const number = () => chance.integer(10 ** (1 + chance.integer(4)));
      const rank = Math.floor(DISTINCT_WORDS ** chance.next()) - 1; // density 1 / rank
      text += chance.next() < 0.1 ? `${number()} + ${number()} = ${number()}` : words[rank]!;
      text += word % 12 === 11 ? '.\n' : chance.next() < 0.1 ? ', ' : ' ';
    }
    texts.push(text);
  }
  return texts;
}
