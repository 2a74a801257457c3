import { Command, Option } from 'commander';
import type { Search } from '../catalog/knowledge.ts';
import { SEARCHES } from '../catalog/knowledge.ts';
import { EMBEDDED_MODEL } from '../catalog/models.ts';
import type { Limits } from '../core/budget.ts';
import { claimsIn, shownPassages } from '../core/citations.ts';
import type { AnswerKind, Question } from '../core/problem.ts';
import type { Retriever } from '../core/retriever.ts';
import type { Solution } from '../core/solution.ts';
import type { TraceEvent } from '../core/trace.ts';
import { limits, names, wholeNumber } from './options.ts';
import { plain, printJson } from './terminal.ts';

interface Flags {
  method?: string;
  model: string;
  budget?: Limits;
  answer?: AnswerKind;
  tools?: string[];
  toolsConfig?: string;
  knowledge?: string;
  search: Search;
  embeddings?: string;
  seed: number;
  trace?: boolean;
  json?: boolean;
}

/** `reckon ask`: one answer, with the trace as it grows. */
export function askCommand(): Command {
  return new Command('ask')
    .description('Answer one question.')
    .argument('<question>')
    .option(
      '-m, --method <spec>',
      'how to reason: cot, sc@8, tot, pal … (default: cot; with --tools tool-calling)',
    )
    .option('--model <spec>', 'which model to ask (reckon models)', EMBEDDED_MODEL)
    .option('--budget <limits>', 'tokens=20000,seconds=60,calls=40,usd=0.05', limits)
    .addOption(
      new Option('--answer <kind>', 'what the answer looks like').choices(['number', 'math', 'text']),
    )
    .option(
      '--tools <list>',
      'what the model may call: calculator,python,fetch,mcp:<name> (reckon tools)',
      names,
    )
    .option('--tools-config <file>', 'settings of the tools (docs/tools.md)')
    .option('--knowledge <index>', 'answer from passages of an index (reckon index), and cite them')
    .addOption(
      new Option('--search <kind>', 'how the index is searched').choices(SEARCHES).default('page-rank'),
    )
    .option('--embeddings <spec>', 'for --search nearest and hybrid: what the index was made with')
    .option('--seed <n>', 'the same seed gives the same answer', wholeNumber(0, 2 ** 31 - 1), 0)
    .option('--trace', 'print what happens while it happens')
    .option('--json', 'print one JSON document')
    .action(async (text: string, flags: Flags) => {
      const { openModel } = await import('../catalog/models.ts');
      const { openMethods } = await import('../catalog/methods.ts');
      const { solve } = await import('../core/solve.ts');
      const model = await openModel(flags.model, { watched: true });
      const knowledge = flags.knowledge === undefined ? undefined : await openIndex(flags.knowledge, flags);
      const tools = flags.tools && (await openTools(flags.tools, flags.toolsConfig, knowledge?.retriever));
      const method = flags.method ?? (tools ? 'tool-calling' : 'cot');
      const methods = await openMethods([method], model, {
        ...(tools && { toolUse: tools.use }),
        ...(knowledge && { retriever: knowledge.retriever }),
      }).catch(async (cause) => {
        await tools?.close();
        await knowledge?.close();
        throw cause;
      });
      const interrupted = new AbortController();
      process.once('SIGINT', () => interrupted.abort(new Error('Interrupted')));
      try {
        const question: Question = {
          id: 'question',
          messages: [{ role: 'user', text }],
          ...(flags.answer && { answerKind: flags.answer }),
        };
        const [first] = methods.list;
        if (!first) return;
        const { solution, usage, seconds } = await solve(first.method, question, {
          seed: flags.seed,
          signal: interrupted.signal,
          ...(flags.budget && { limits: flags.budget }),
          ...(flags.trace && { onEvent: printEvents() }),
        });
        if (flags.json) printJson({ method: first.name, solution, usage, seconds });
        else {
          console.log(plain(solution.text ?? solution.answer ?? '(no answer)'));
          const { calls, promptTokens, completionTokens, usd } = usage;
          const votes = solution.votes?.map((vote) => `${vote.answer} ×${vote.count}`).join(', ');
          const facts = [
            ...(knowledge ? sourcesOf(solution) : []),
            solution.answer === undefined ? 'no answer could be read' : `answer: ${solution.answer}`,
            votes && `votes: ${votes}`,
            solution.exhausted && `stopped: the budget of ${solution.exhausted} is used up`,
            `${calls} calls, ${promptTokens} + ${completionTokens} tokens, ${usd === undefined ? 'price unknown' : `$${usd.toFixed(4)}`}, ${seconds.toFixed(1)} s`,
          ];
          console.error(plain(facts.filter(Boolean).join('\n')));
        }
      } finally {
        await methods.close();
        await tools?.close();
        await knowledge?.close();
        await model.close?.();
        if (interrupted.signal.aborted) process.exitCode = 130;
      }
    });
}

async function openIndex(
  path: string,
  { search, embeddings }: { readonly search: Search; readonly embeddings?: string },
) {
  const { openKnowledge } = await import('../catalog/knowledge.ts');
  return openKnowledge(path, { search, ...(embeddings !== undefined && { embeddings }) });
}

/** Where the passages that an answer cites stand; all that it was shown when it cites none. */
function sourcesOf(solution: Solution): string[] {
  const shown = shownPassages(solution);
  const numbers = new Set(claimsIn(solution.text ?? '').flatMap(({ citations }) => citations));
  const cited = shown.filter(({ number }) => numbers.has(number));
  const listed = (cited.length > 0 ? cited : shown).map(
    ({ number, title, document, start, end }) =>
      `[${number}] ${document === undefined ? '' : `${document}, ${start}–${end}`}${title === undefined ? '' : `  ${title}`}`,
  );
  const lead =
    cited.length > 0 ? 'cited:' : shown.length > 0 ? 'nothing is cited; shown were:' : 'no passage was found';
  return [lead, ...listed];
}

/** The tools, and search wherever there is an index. */
async function openTools(
  list: readonly string[],
  config: string | undefined,
  retriever: Retriever | undefined,
) {
  const { openTools } = await import('../catalog/tools.ts');
  return openTools(retriever ? [...list, 'search'] : list, {
    ...(config !== undefined && { config }),
    ...(retriever && { retriever }),
  });
}

/** Prints the tree as it grows, indented by depth; a sample's text appears when it is whole. */
function printEvents(): (event: TraceEvent) => void {
  const nodes = new Map<number, { depth: number; label: string; text: string }>();
  return (event) => {
    if (event.type === 'solution') return;
    if (event.type === 'node-start') {
      const depth = event.parent === null ? 0 : (nodes.get(event.parent)?.depth ?? 0) + 1;
      nodes.set(event.id, { depth, label: event.label, text: '' });
      if (!event.prompt) console.error(plain(`${'  '.repeat(depth)}${event.state ?? event.label}`));
      return;
    }
    const node = nodes.get(event.id);
    if (!node) return;
    const indent = '  '.repeat(node.depth);
    switch (event.type) {
      case 'text-delta':
        node.text += event.text;
        break;
      case 'reasoning-delta':
      case 'node-prune':
        break;
      case 'node-score':
        console.error(plain(`${indent}${event.verifier}: ${event.score}`));
        break;
      case 'tool-call':
        console.error(plain(`${indent}${event.tool}(${event.input}) → ${event.output}`));
        break;
      case 'node-end':
        if (event.error !== undefined) console.error(plain(`${indent}failed: ${event.error}`));
        else if (node.text !== '') console.error(plain(node.text).replace(/^/gm, `${indent}│ `));
        break;
      default:
        event satisfies never;
    }
  };
}
