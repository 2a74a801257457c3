import { Command } from 'commander';
import { printJson } from './terminal.ts';

/** `reckon models`: the forms a model may be named in. */
export function modelsCommand(): Command {
  return new Command('models')
    .description('List the ways to name a model.')
    .option('--json', 'print one JSON document')
    .action(async (flags: { json?: boolean }) => {
      const { MODEL_FORMS } = await import('../catalog/models.ts');
      if (flags.json) return printJson(MODEL_FORMS);
      for (const { form, meaning } of MODEL_FORMS) console.log(`${form.padEnd(26)} ${meaning}`);
    });
}
