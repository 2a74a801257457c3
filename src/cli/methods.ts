import { Command } from 'commander';
import { printJson } from './terminal.ts';

/** `reckon methods`: what there is. */
export function methodsCommand(): Command {
  return new Command('methods')
    .description('List the methods, their aliases, options and cost in model calls.')
    .option('--json', 'print one JSON document')
    .action(async (flags: { json?: boolean }) => {
      const { methodEntries } = await import('../catalog/methods.ts');
      const entries = [...(await methodEntries()).values()].map(({ build: _build, ...entry }) => entry);
      if (flags.json) return printJson(entries);
      for (const { name, aliases, summary, paper, calls, count, wraps, options } of entries) {
        console.log(`${name}${count ? `@${count}` : ''}${wraps ? '(method)' : ''}  [${aliases.join(', ')}]`);
        console.log(`    ${summary}. ${paper}\n    calls: ${calls}`);
        for (const [option, spec] of Object.entries(options)) {
          const values = typeof spec.type === 'string' ? spec.type : spec.type.join(' | ');
          console.log(`    {${option}=${spec.default ?? ''}}  ${spec.summary} (${values})`);
        }
        console.log();
      }
    });
}
