import { join } from 'node:path';
import { Command } from 'commander';
import { InputError } from '../core/errors.ts';
import { amount, stateFolder, wholeNumber } from './options.ts';
import { plain, printJson } from './terminal.ts';

interface Flags {
  state?: string;
  json?: boolean;
  requestsPerMinute?: number;
  tokensPerMinute?: number;
  usd?: number;
}

/** `reckon keys add | ls | rm`: bearer keys of the server. */
export function keysCommand(): Command {
  const keys = new Command('keys').description('Make, list and remove keys of the server.');
  const file = (flags: Flags) => join(stateFolder(flags.state), 'keys.json');
  keys
    .command('add <name>')
    .description('Make a key. It is printed now and stored nowhere, only its hash is.')
    .option('--requests-per-minute <n>', 'requests it may make', wholeNumber(1, 1_000_000))
    .option('--tokens-per-minute <n>', 'tokens it may use', wholeNumber(1, 1_000_000_000))
    .option('--usd <amount>', 'what it may spend in all', amount)
    .option('--json', 'print one JSON document')
    .option('--state <folder>', 'where keys are kept')
    .action(async (name: string, flags: Flags) => {
      const { addKey } = await import('../server/parts/keys.ts');
      const { requestsPerMinute, tokensPerMinute, usd } = flags;
      const { key, record } = addKey(file(flags), name, {
        ...(requestsPerMinute !== undefined && { requestsPerMinute }),
        ...(tokensPerMinute !== undefined && { tokensPerMinute }),
        ...(usd !== undefined && { usd }),
      });
      if (flags.json) return printJson({ key, id: record.id, name });
      console.log(key);
      console.error('Keep it: it cannot be shown again.');
    });
  keys
    .command('ls', { isDefault: true })
    .description('The keys there are.')
    .option('--json', 'print one JSON document')
    .option('--state <folder>', 'where keys are kept')
    .action(async (flags: Flags) => {
      const { readKeys } = await import('../server/parts/keys.ts');
      const list = readKeys(file(flags)).map(({ sha256: _hash, ...rest }) => rest);
      if (flags.json) return printJson(list);
      if (list.length === 0) console.log('There are no keys. Try: reckon keys add <name>');
      for (const { id, name, createdAt } of list)
        console.log(plain(`${name}  ${id}  ${createdAt.slice(0, 16)}`));
    });
  keys
    .command('rm <name>')
    .description('Remove keys by name or id. A running server stops taking them within a second.')
    .option('--state <folder>', 'where keys are kept')
    .action(async (name: string, flags: Flags) => {
      const { removeKeys } = await import('../server/parts/keys.ts');
      if (removeKeys(file(flags), name) === 0)
        throw new InputError(`There is no key ${name}; reckon keys ls shows them`);
    });
  return keys;
}
