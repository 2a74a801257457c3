import { Argument, Command } from 'commander';
import { InputError } from '../core/errors.ts';
import type { Problem, Split } from '../core/problem.ts';
import { keyText, questionText } from '../core/problem.ts';
import { pairs, wholeNumber } from './options.ts';
import { plain, printJson } from './terminal.ts';

/** `reckon data ls | sample | check`: datasets. */
export function dataCommand(): Command {
  const data = new Command('data').description(
    'List datasets, look at problems, check that gold answers pass.',
  );
  data
    .command('ls', { isDefault: true })
    .description('Datasets of the catalog.')
    .option('--json', 'print one JSON document')
    .action(async (flags: { json?: boolean }) => {
      const { datasetEntries } = await import('../catalog/datasets.ts');
      const entries = [...(await datasetEntries()).values()].map(({ build: _build, ...entry }) => entry);
      if (flags.json) return printJson(entries);
      for (const { name, summary, hub, options } of entries) {
        console.log(`${name.padEnd(16)} ${summary}${hub ? `  hf:${hub.id}` : ''}`);
        for (const [option, spec] of Object.entries(options))
          console.log(`${' '.repeat(17)}{${option}=${spec.default ?? ''}}  ${spec.summary}`);
      }
      console.log(
        '\nA file of your own works as well: .jsonl, .json, .csv or .parquet with question and answer columns.',
      );
    });
  const withFileOptions = (command: Command) =>
    command
      .addArgument(new Argument('<dataset>', 'a name of reckon data ls, or a file'))
      .option('--split <name>', 'train, validation or test', 'test')
      .option('-n, --limit <n>', 'problems', wholeNumber(1, 1_000_000))
      .option('--columns <map>', 'question=…,answer=…,id=…,choices=…', pairs)
      .option('--skip-bad-rows', 'leave malformed rows out')
      .option('--json', 'print one JSON document');
  withFileOptions(data.command('sample'))
    .description('Print a few problems with their answers.')
    .action(async (name: string, flags: Flags) => {
      const { problems } = await load(name, { ...flags, limit: flags.limit ?? 3 });
      if (flags.json) return printJson(problems);
      for (const problem of problems)
        console.log(
          plain(`# ${problem.id}\n${questionText(problem)}\n→ ${JSON.stringify(problem.reference)}\n`),
        );
    });
  withFileOptions(data.command('check'))
    .description('Read every problem and let the verifier grade its own gold answer.')
    .action(async (name: string, flags: Flags) => {
      const { dataset, problems } = await load(name, flags);
      const { evaluate } = await import('../evaluation/evaluate.ts');
      const failed: string[] = [];
      const answers = new Map(problems.map((problem) => [problem.id, keyText(problem)]));
      await evaluate({
        problems,
        verifier: dataset.verifier,
        methods: [
          {
            name: 'gold',
            method: {
              name: 'gold',
              solve: async ({ id }) => ({ steps: [], answer: answers.get(id) ?? '', complete: true }),
            },
          },
        ],
        onRow: (row) => {
          if (row.outcome !== 'correct') failed.push(row.problem);
        },
      });
      const result = {
        dataset: dataset.name,
        source: dataset.source ?? null,
        problems: problems.length,
        failed,
      };
      if (flags.json) printJson(result);
      else
        console.log(
          plain(
            `${dataset.name}: ${problems.length} problems${dataset.source ? ` from ${dataset.source}` : ''}; ` +
              `${problems.length - failed.length} gold answers pass${failed.length > 0 ? `, not: ${failed.slice(0, 20).join(', ')}` : ''}`,
          ),
        );
      process.exitCode = failed.length > 0 ? 1 : 0;
    });
  return data;
}

interface Flags {
  split: string;
  limit?: number;
  columns?: Record<string, string>;
  skipBadRows?: boolean;
  json?: boolean;
}

async function load(name: string, { split, limit, columns, skipBadRows }: Flags) {
  const { openDataset } = await import('../catalog/datasets.ts');
  const dataset = await openDataset(name, {
    ...(columns && { columns }),
    ...(skipBadRows && { skipBadRows }),
  });
  if (!['train', 'validation', 'test'].includes(split))
    throw new InputError(`There is no split "${split}"; ${dataset.name} has ${dataset.splits.join(', ')}`);
  const problems: Problem[] = [];
  for await (const problem of dataset.load(split as Split, limit === undefined ? {} : { limit }))
    problems.push(problem);
  return { dataset, problems };
}
