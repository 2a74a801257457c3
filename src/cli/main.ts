#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { InputError } from '../core/errors.ts';
import { askCommand } from './ask.ts';
import { compareCommand } from './compare.ts';
import { dataCommand } from './data.ts';
import { indexCommand } from './index.ts';
import { keysCommand } from './keys.ts';
import { methodsCommand } from './methods.ts';
import { mockCommand } from './mock.ts';
import { modelsCommand } from './models.ts';
import { runsCommand } from './runs.ts';
import { serveCommand } from './serve.ts';
import { plain } from './terminal.ts';
import { toolsCommand } from './tools.ts';
import { trainCommand } from './train.ts';

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
  indexCommand(),
  methodsCommand(),
  modelsCommand(),
  toolsCommand(),
  trainCommand(version),
  serveCommand(version),
  keysCommand(),
  mockCommand(),
])
  program.addCommand(withErrors(command));

try {
  await program.parseAsync();
} catch (cause) {
  process.exitCode = report(cause);
}

function report(cause: unknown): number {
  if (cause instanceof CommanderError) return cause.exitCode === 0 ? 0 : 2; // commander has said it already
  if (process.env.RECKON_DEBUG) console.error(cause);
  else console.error(`reckon: ${plain(cause instanceof Error ? cause.message : String(cause))}`);
  return isInput(cause) ? 2 : 1;
}

/** The tensors know nothing of our errors: a missing back end has a class of its own there, of the same name and meaning. */
function isInput(cause: unknown): boolean {
  return cause instanceof InputError || (cause instanceof Error && cause.name === 'MissingPackageError');
}

/** Errors of a command and those below it are ours to report. */
function withErrors(command: Command): Command {
  command.commands.forEach(withErrors);
  return command.exitOverride().showHelpAfterError('(add --help for the options there are)');
}
