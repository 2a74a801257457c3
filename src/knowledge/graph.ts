import type { MultiDirectedGraph } from 'graphology';
import { InputError, MissingPackageError } from '../core/errors.ts';
import type { Passage } from '../core/retriever.ts';
import type { Extraction, Extractor, Triple } from './extraction.ts';
import { nameExtractor } from './extraction.ts';
import { namesIn, phraseKey } from './names.ts';

/** A fact of the graph by the places of its parts. */
export interface Edge {
  readonly from: number;
  readonly relation: number;
  readonly to: number;
}

/** Facts between entities. Entities and relations are known by their places, in order of appearance. */
export interface KnowledgeGraph {
  readonly entities: readonly string[];
  readonly relations: readonly string[];
  readonly edges: readonly Edge[];
  /** The place of an entity by its name: as written, else by its words. */
  entity(name: string): number | undefined;
  /** Facts that begin or end at an entity. */
  around(entity: number): readonly Edge[];
  /** The shortest chain of facts between two entities, in either direction; undefined when none of up to `steps` facts is there. */
  path(from: number, to: number, steps?: number): readonly Edge[] | undefined;
  /** A fact in words. */
  sentence(edge: Edge): string;
}

const MOST_EDGES = 10_000_000;
/** Entities looked at for one path. */
const MOST_VISITED = 1_000_000;
/** Facts that one passage about an entity tells. */
const FACTS_PER_PASSAGE = 50;

/** The graph of these facts; repeated ones count once. Throws InputError for too many. */
export function knowledgeGraph(triples: Iterable<Triple>): KnowledgeGraph {
  const entities = new Names();
  const relations = new Names();
  const edges: Edge[] = [];
  const around: Edge[][] = [];
  const seen = new Set<string>();
  for (const { subject, relation, object } of triples) {
    const edge = {
      from: entities.place(subject),
      relation: relations.place(relation),
      to: entities.place(object),
    };
    const key = `${edge.from} ${edge.relation} ${edge.to}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (edges.length >= MOST_EDGES)
      throw new InputError(`A graph holds ${MOST_EDGES} facts at the most; take a part`);
    edges.push(edge);
    for (const end of new Set([edge.from, edge.to])) {
      around[end] ??= [];
      around[end].push(edge);
    }
  }
  const byKey = new Map<string, number>();
  for (const [place, name] of entities.all.entries()) {
    const key = phraseKey(name);
    if (!byKey.has(key)) byKey.set(key, place);
  }
  return {
    entities: entities.all,
    relations: relations.all,
    edges,
    entity: (name) => entities.known(name) ?? byKey.get(phraseKey(name)),
    around: (entity) => around[entity] ?? [],
    path(from, to, steps = 4) {
      const reached = new Map<number, Edge | undefined>([[from, undefined]]);
      let border = [from];
      for (let step = 0; step < steps && !reached.has(to) && border.length > 0; step++) {
        const next: number[] = [];
        for (const entity of border)
          for (const edge of around[entity] ?? []) {
            const other = edge.from === entity ? edge.to : edge.from;
            if (reached.has(other) || reached.size >= MOST_VISITED) continue;
            reached.set(other, edge);
            next.push(other);
          }
        border = next;
      }
      if (!reached.has(to)) return undefined;
      const chain: Edge[] = [];
      for (let at = to; at !== from; ) {
        const edge = reached.get(at) as Edge;
        chain.unshift(edge);
        at = edge.from === at ? edge.to : edge.from;
      }
      return chain;
    },
    sentence: ({ from, relation, to }) =>
      `${entities.all[from]} ${(relations.all[relation] ?? '').replaceAll('_', ' ')} ${entities.all[to]}.`,
  };
}

/** Each entity's facts as a passage under its name, so that any retriever finds them. */
export function graphPassages(graph: KnowledgeGraph): Passage[] {
  return graph.entities.map((title, place) => ({
    id: `entity ${place}`,
    title,
    text: graph
      .around(place)
      .slice(0, FACTS_PER_PASSAGE)
      .map((edge) => graph.sentence(edge))
      .join('\n'),
  }));
}

/** An extractor that knows imported facts: a passage that names both ends of one states it. */
export function graphExtractor(graph: KnowledgeGraph, names: Extractor = nameExtractor()): Extractor {
  return {
    ...names,
    name: 'graph',
    async extract(passage, run): Promise<Extraction> {
      const extraction = await names.extract(passage, run);
      const places = new Set(
        [...extraction.phrases, ...namesIn(passage.title ?? '')]
          .map((phrase) => graph.entity(phrase))
          .filter((place) => place !== undefined),
      );
      const triples = [...places].flatMap((place) =>
        graph
          .around(place)
          .filter(({ from, to }) => from === place && places.has(to))
          .map((edge) => ({
            subject: graph.entities[edge.from] as string,
            relation: graph.relations[edge.relation] as string,
            object: graph.entities[edge.to] as string,
          })),
      );
      return { phrases: extraction.phrases, triples: [...extraction.triples, ...triples] };
    },
  };
}

/** The same graph for graphology's algorithms. Throws MissingPackageError when that is not installed. */
export async function toGraphology(graph: KnowledgeGraph): Promise<MultiDirectedGraph> {
  const { MultiDirectedGraph: Graph } = await import('graphology').catch((cause: unknown) => {
    throw new MissingPackageError('graphology', 'This form of a graph', cause);
  });
  const made = new Graph();
  graph.entities.forEach((name, place) => {
    made.addNode(place, { name });
  });
  for (const { from, to, relation } of graph.edges)
    made.addDirectedEdge(from, to, { relation: graph.relations[relation] });
  return made;
}

/** Names by the order in which they came. */
class Names {
  readonly all: string[] = [];
  readonly #places = new Map<string, number>();

  place(name: string): number {
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    this.#places.set(name, this.all.length);
    return this.all.push(name) - 1;
  }

  known(name: string): number | undefined {
    return this.#places.get(name);
  }
}
