import { join } from 'node:path';
import { Command } from 'commander';
import { EMBEDDED_MODEL } from '../catalog/models.ts';
import { InputError } from '../core/errors.ts';
import { collectGarbage } from '../host/collect-garbage.ts';
import { boundYoungGeneration } from '../host/young-generation.ts';
import { methodList, stateFolder, storeFile, wholeNumber } from './options.ts';
import { plain } from './terminal.ts';

interface Flags {
  port: number;
  host: string;
  model: string[];
  methods?: string;
  anyModel?: boolean;
  allowHost: string[];
  state?: string;
  maxConcurrency: number;
  open?: boolean;
}

/** Methods that /v1/models lists with each model unless others are asked for; every other one works as well. */
const LISTED = ['direct', 'cot', 'sc@8', 'bon@8', 'tot', 'pal', 'ltm', 'self-refine'];
/** After this what only loading needed is given back. */
const LOADED_MILLISECONDS = 1_500;
/** Requests at work get this long to finish after the first Ctrl-C. */
const GRACE_SECONDS = 30;

/** `reckon serve`: the methods over the OpenAI protocol. */
export function serveCommand(version: string): Command {
  const collect = (value: string, all: string[]) => [...all, value];
  return new Command('serve')
    .description('Serve models and methods over the OpenAI protocol, with stored runs to look at.')
    .option('-p, --port <n>', 'port; 0 picks a free one', wholeNumber(0, 65535), 4141)
    .option('--host <address>', 'address to listen on; others than this machine need keys', '127.0.0.1')
    .option('--model <spec>', 'a model to serve (reckon models); may be repeated', collect, [])
    .option('--methods <list>', `methods to list with each model (default: ${LISTED.join(',')})`)
    .option('--any-model', 'answer model names that are not known with the first model')
    .option('--allow-host <name>', 'another host name to answer to; may be repeated', collect, [])
    .option('--max-concurrency <n>', 'calls of one model in flight', wholeNumber(1, 4096), 64)
    .option('--state <folder>', 'where keys, logs and runs are kept')
    .option('--open', 'open the page in the browser')
    .action(async (flags: Flags) => {
      boundYoungGeneration();
      const { parseMethod } = await import('../catalog/methods.ts');
      const { reckonServer } = await import('../server/app.ts');
      const { openServed } = await import('../server/parts/open-served.ts');
      const { listen, LOOPBACK } = await import('../server/listen.ts');
      const { openServerState } = await import('../server/parts/server-state.ts');
      const { readKeys } = await import('../server/parts/keys.ts');
      const { pageFiles } = await import('../server/parts/static-files.ts');
      const { sqliteStore } = await import('../store/sqlite.ts');

      const folder = stateFolder(flags.state);
      const keyFile = join(folder, 'keys.json');
      const local = (LOOPBACK as readonly string[]).includes(flags.host);
      if (!local && readKeys(keyFile).length === 0)
        throw new InputError(
          `Serving on ${flags.host} lets others in, and there are no keys; make one with reckon keys add <name>, or serve on 127.0.0.1`,
        );
      const methods = flags.methods === undefined ? LISTED : methodList(flags.methods);
      for (const method of methods) await parseMethod(method);
      const specs = flags.model.length > 0 ? flags.model : [EMBEDDED_MODEL];
      const models = await Promise.all(specs.map((spec) => openServed(spec, flags.maxConcurrency)));
      const state = openServerState(join(folder, 'server.sqlite'), {
        onError: (error) => console.error('The log cannot be written:', error),
      });
      const runs = sqliteStore(storeFile(folder));
      const anywhere = flags.host === '0.0.0.0' || flags.host === '::';
      const pages = pageFiles();
      const server = reckonServer({
        models,
        methods,
        anyModel: flags.anyModel ?? false,
        access: {
          keyFile,
          open: local,
          ...(!anywhere && { hosts: [...LOOPBACK, flags.host, ...flags.allowHost] }),
        },
        state,
        runs,
        training: join(folder, 'training'),
        pages,
        version,
        onError: (error, id) => console.error(id, error),
      });
      const listening = await listen(server, { port: flags.port, host: flags.host }).catch(async (cause) => {
        await server.close();
        runs.close();
        throw cause;
      });
      console.log(`${listening.url}/v1`);
      console.error(
        plain(`Models: ${models.map(({ id }) => id).join(', ')}. Methods: ${methods.join(', ')}.`),
      );
      console.error(
        `Ask for "${models[0]?.id}+sc@8" as the model of any OpenAI client. Ctrl-C stops the server.`,
      );
      if (pages.size === 0) console.error('There is no page to look at: npm run build:web builds it.');
      else {
        console.error(`The page: ${listening.url}/`);
        if (flags.open) (await import('./open-page.ts')).openPage(listening.url);
      }
      setTimeout(collectGarbage, LOADED_MILLISECONDS).unref();
      let stopping = false;
      const stop = () => {
        if (stopping) process.exit(130);
        stopping = true;
        console.error('Finishing what is at work; Ctrl-C again quits.');
        void listening.close(GRACE_SECONDS).then(() => runs.close());
      };
      process.on('SIGINT', stop);
      process.on('SIGTERM', stop);
    });
}
