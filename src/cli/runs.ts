import { Command } from 'commander';
import type { RunStore } from '../evaluation/run-store.ts';
import { stateFolder, storeFile } from './options.ts';
import { plain, printJson } from './terminal.ts';

interface Flags {
  json?: boolean;
  state?: string;
}

/** `reckon runs ls | show | rm`: stored runs. */
export function runsCommand(): Command {
  const runs = new Command('runs').description('List, show and delete stored runs.');
  const withStore = async (flags: Flags, work: (store: RunStore) => void | Promise<void>): Promise<void> => {
    const { sqliteStore } = await import('../store/sqlite.ts');
    const store = sqliteStore(storeFile(stateFolder(flags.state)));
    try {
      await work(store);
    } finally {
      store.close();
    }
  };
  runs
    .command('ls', { isDefault: true })
    .description('Stored runs, the latest first.')
    .option('--json', 'print one JSON document')
    .option('--state <folder>', 'where runs are kept')
    .action((flags: Flags) =>
      withStore(flags, (store) => {
        const list = store.list();
        if (flags.json) return printJson(list);
        if (list.length === 0) console.log('Nothing has been run yet. Try: reckon compare --demo');
        for (const { run, dataset, model, methods, rows, planned, startedAt } of list)
          console.log(
            plain(
              `${run}  ${startedAt.slice(0, 16)}  ${dataset}  ${model}  ${methods.join(', ')}  ${rows}/${planned}`,
            ),
          );
      }),
    );
  runs
    .command('show <run>')
    .description("A run's report again, from its stored rows.")
    .option('--json', 'print one JSON document')
    .option('--report <file>', 'where to write the HTML report')
    .option('-o, --output <file...>', 'also write .json, .jsonl, .csv, .html or .xml (JUnit)')
    .option('--state <folder>', 'where runs are kept')
    .action((run: string, flags: Flags & { report?: string; output?: string[] }) =>
      withStore(flags, async (store) => {
        const { writeOutputs, printReport } = await import('./outputs.ts');
        const record = store.read(run);
        const { report, output } = flags;
        const made = await writeOutputs(record, {
          state: stateFolder(flags.state),
          ...(report !== undefined && { report }),
          ...(output && { output }),
        });
        await printReport(made, { json: flags.json ?? false });
      }),
    );
  runs
    .command('rm <run...>')
    .description('Delete runs with their rows and traces.')
    .option('--state <folder>', 'where runs are kept')
    .action((ids: string[], flags: Flags) =>
      withStore(flags, (store) => {
        for (const run of ids) store.read(run); // an unknown name is an error before anything is deleted
        for (const run of ids) store.delete(run);
      }),
    );
  return runs;
}
