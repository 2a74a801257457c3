import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { smallRecord } from '../../test/small-record.ts';
import { report } from './report.ts';
import { renderJunit } from './report-junit.ts';
import type { RunRecord } from './row.ts';

const junit = (record: RunRecord) => renderJunit(report(record), record);

interface Element {
  readonly name: string;
  readonly attributes: { readonly [name: string]: string };
}

/** Reads XML of elements, attributes, text and the five entities; throws where it is not well formed. */
function parse(xml: string): Element[] {
  const elements: Element[] = [];
  const open: string[] = [];
  let rest = xml.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '');
  assert.ok(
    !/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(rest),
    'a character XML forbids',
  );
  while (rest !== '') {
    const text = /^[^<&]+|^&(?:amp|lt|gt|quot|apos);/.exec(rest);
    const tag = /^<(\/?)([a-z]+)((?: [a-z]+="(?:[^<&"]|&(?:amp|lt|gt|quot|apos);)*")*)(\/?)>/.exec(rest);
    const found = text ?? tag;
    assert.ok(found, `not well formed at ${rest.slice(0, 60)}`);
    rest = rest.slice(found[0].length);
    if (!tag) {
      assert.ok(open.length > 0 || found[0].trim() === '', 'text outside the root');
      continue;
    }
    const [, closing, name = '', attributes = '', empty] = tag;
    if (closing) assert.equal(open.pop(), name);
    else {
      const pairs = [...attributes.matchAll(/ ([a-z]+)="([^"]*)"/g)].map(([, key, value]) => [key, value]);
      elements.push({ name, attributes: Object.fromEntries(pairs) });
      if (!empty) open.push(name);
    }
  }
  assert.deepEqual(open, []);
  return elements;
}

test('a suite per method, a case per attempt, counted by ending', () => {
  const elements = parse(junit(smallRecord({ direct: ['rwnxe.'], cot: ['rrrrrr'] })));
  assert.deepEqual(elements[0], {
    name: 'testsuites',
    attributes: {
      name: 'sums test, scripted',
      tests: '12',
      failures: '3',
      errors: '1',
      skipped: '1',
      time: '17.000',
    },
  });
  const names = elements.map(({ name }) => name);
  assert.equal(names.filter((name) => name === 'testcase').length, 12);
  assert.equal(names.filter((name) => name === 'failure').length, 3);
  assert.equal(names.filter((name) => name === 'error').length, 1);
  assert.equal(names.filter((name) => name === 'skipped').length, 1);
  assert.deepEqual(elements.find(({ name }) => name === 'failure')?.attributes, {
    message: 'answered 8',
    type: 'wrong',
  });
});

test('suites carry the accuracy and the decision', () => {
  const properties = parse(junit(smallRecord({ direct: ['rw'], cot: ['rr'] }))).filter(
    ({ name }) => name === 'property',
  );
  assert.equal(properties.length, 4);
  assert.equal(properties[0]?.attributes.value, '50.0 %, 95 % CI [9.5, 90.5]');
  assert.match(properties[1]?.attributes.value ?? '', /^no difference shown between direct and cot/);
});

test('repeats are told apart', () => {
  const elements = parse(junit(smallRecord({ a: ['r', 'w'] })));
  const names = elements.filter(({ name }) => name === 'testcase').map(({ attributes }) => attributes.name);
  assert.deepEqual(names, ['p0 #1', 'p0 #2']);
});

test('any text stays text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (noise) => {
      const evil = `${noise}]]><script>&"'\u0000\ud800`;
      const record = smallRecord(
        { a: ['rwe'] },
        { info: { dataset: evil }, row: { text: evil, answer: evil, error: { name: evil, message: evil } } },
      );
      const elements = parse(junit(record));
      assert.equal(elements.filter(({ name }) => name === 'testcase').length, 3);
    }),
  );
});
