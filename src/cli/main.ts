#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { InputError } from '../core/errors.ts';
import { askCommand } from './ask.ts';
import { compareCommand } from './compare.ts';
import { dataCommand } from './data.ts';
import { keysCommand } from './keys.ts';
import { methodsCommand } from './methods.ts';
import { mockCommand } from './mock.ts';
import { modelsCommand } from './models.ts';
import { runsCommand } from './runs.ts';
import { serveCommand } from './serve.ts';
import { plain } from './terminal.ts';

/** Exit codes: 0 ok · 1 failed rows or below a threshold · 2 wrong usage or input · 130 interrupted. */
const version = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  .version as string;

const program = new Command('reckon')
  .description('Search, learning and measurement for LLM reasoning.')
  .version(version)
  .exitOverride()
  .showHelpAfterError('(add --help for the options there are)')
  .addHelpText('after', '\nStart here: reckon compare --demo');

for (const command of [
  askCommand(),
  compareCommand(version),
  runsCommand(),
  dataCommand(),
  methodsCommand(),
  modelsCommand(),
  serveCommand(version),
  keysCommand(),
  mockCommand(),
])
  program.addCommand(command.exitOverride().showHelpAfterError('(add --help for the options there are)'));

try {
  await program.parseAsync();
} catch (cause) {
  process.exitCode = report(cause);
}

function report(cause: unknown): number {
  if (cause instanceof CommanderError) return cause.exitCode === 0 ? 0 : 2; // commander has said it already
  if (process.env.RECKON_DEBUG) console.error(cause);
  else console.error(`reckon: ${plain(cause instanceof Error ? cause.message : String(cause))}`);
  return cause instanceof InputError ? 2 : 1;
}
