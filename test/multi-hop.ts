import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Passage } from '../src/core/retriever.ts';
import { sharedData } from './shared-data.ts';

/** Questions over one corpus with the passages that support their answers. */
export interface MultiHop {
  readonly name: string;
  readonly passages: readonly Passage[];
  readonly items: readonly { readonly question: string; readonly gold: ReadonlySet<string> }[]; // passage ids
}

interface Paragraph {
  readonly title: string;
  readonly text: string;
}

/** The multi-hop sets of the shared data; those that are not there are left out. */
export function multiHopSets(): MultiHop[] {
  return [hotpotqa(), musique(), twoWiki()].filter((set) => set !== undefined);
}

function hotpotqa(): MultiHop | undefined {
  const rows = read('hotpotqa/hotpotqa_train.json.gz') as
    | { question: string; context: [string, string[]][]; supporting_facts: [string, number][] }[]
    | undefined;
  const corpus = new Corpus();
  return (
    rows && {
      name: 'hotpotqa',
      items: rows.map(({ question, context, supporting_facts }) => {
        const supporting = new Set(supporting_facts.map(([title]) => title));
        const ids = context.map(([title, sentences]) => ({
          title,
          id: corpus.add({ title, text: sentences.join('') }),
        }));
        return {
          question,
          gold: new Set(ids.filter(({ title }) => supporting.has(title)).map(({ id }) => id)),
        };
      }),
      passages: corpus.passages,
    }
  );
}

function musique(): MultiHop | undefined {
  const rows = read('musique/musique_train.json.gz') as
    | { question: string; paragraphs: { title: string; paragraph_text: string; is_supporting: boolean }[] }[]
    | undefined;
  const corpus = new Corpus();
  return (
    rows && {
      name: 'musique',
      items: rows.map(({ question, paragraphs }) => {
        const ids = paragraphs.map(({ title, paragraph_text }) =>
          corpus.add({ title, text: paragraph_text }),
        );
        return { question, gold: new Set(ids.filter((_, index) => paragraphs[index]?.is_supporting)) };
      }),
      passages: corpus.passages,
    }
  );
}

/** The corpus has no questions with keys of its own: 20 annotated ones come with their paragraphs, which join it. */
function twoWiki(): MultiHop | undefined {
  const corpus = new Corpus();
  const rows = read('2wiki/2wikimultihopqa_corpus.json.gz') as Paragraph[] | undefined;
  const annotated = sharedData('ircot_annotated/prompt_generator/data_annotations/2wikimultihopqa.jsonnet');
  const prompts = sharedData(
    'ircot_annotated/prompts/2wikimultihopqa/gold_with_3_distractors_context_cot_qa_codex.txt',
  );
  if (!rows || annotated === undefined || prompts === undefined) return undefined;
  for (const row of rows) corpus.add(row);
  const shown = new Map<string, Map<string, string>>(); // question → title → passage id
  for (const block of readFileSync(prompts, 'utf8').split('# METADATA: ').slice(1)) {
    const [head = '', ...parts] = block.split('Wikipedia Title: ');
    const question = /"qid": "([^"]+)"/.exec(head)?.[1] ?? '';
    const ids = new Map<string, string>();
    for (const part of parts) {
      const [title = '', text = ''] = part.split('\n', 2);
      ids.set(title, corpus.add({ title, text }));
    }
    shown.set(question, ids);
  }
  const items = readFileSync(annotated, 'utf8')
    .split('"question_id": ')
    .slice(1)
    .map((item) => {
      const [id = '', question = ''] = [/^"([^"]+)"/, /"question_text": "((?:[^"\\]|\\.)+)"/].map(
        (pattern) => pattern.exec(item)?.[1],
      );
      const titles = [...item.matchAll(/"title": "((?:[^"\\]|\\.)+)"/g)].map((match) => match[1] as string);
      const gold = titles.map((title) => shown.get(id)?.get(title)).filter((found) => found !== undefined);
      return { question, gold: new Set(gold) };
    });
  return { name: '2wiki', passages: corpus.passages, items };
}

/** Passages without repetitions. */
class Corpus {
  readonly passages: Passage[] = [];
  readonly #ids = new Map<string, string>();

  add({ title, text }: Paragraph): string {
    const key = `${title}\n${text}`;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = String(this.passages.length);
    this.#ids.set(key, id);
    this.passages.push({ id, title, text });
    return id;
  }
}

function read(path: string): unknown {
  const file = sharedData(path);
  return file === undefined ? undefined : JSON.parse(gunzipSync(readFileSync(file)).toString('utf8'));
}
