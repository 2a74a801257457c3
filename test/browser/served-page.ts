import type { TestContext } from 'node:test';
import type { SampleRequest } from '../../src/core/model.ts';
import { pageFolder } from '../../src/host/page-folder.ts';
import { type ScriptedOptions, scripted } from '../../src/models/scripted.ts';
import { reckonServer, type ServerOptions } from '../../src/server/app.ts';
import { listen } from '../../src/server/listen.ts';
import type { ServedModel } from '../../src/server/parts/served-models.ts';
import { readStaticFiles } from '../../src/server/parts/static-files.ts';

/** Lets so many calls through, and holds the others until it is told to let on. */
export class Turnstile {
  #left = 0;
  #waiting: (() => void)[] = [];

  /** Lets further calls through. */
  open(calls = Number.POSITIVE_INFINITY): void {
    this.#left += calls;
    while (this.#left > 0 && this.#waiting.length > 0) {
      this.#left--;
      this.#waiting.shift()?.();
    }
  }

  async pass(signal: AbortSignal | undefined): Promise<void> {
    if (this.#left > 0) {
      this.#left--;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push(resolve);
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }
}

export interface ServedPageOptions extends Partial<Omit<ServerOptions, 'models' | 'pages'>> {
  readonly model?: ServedModel;
  /** What a scripted model answers where no other model is given. */
  readonly answer?: ScriptedOptions['answer'];
  readonly turnstile?: Turnstile;
}

/** The built page on a server, until the test ends. */
export async function servedPage(
  test: TestContext,
  {
    answer = () => '',
    turnstile,
    model = scriptedModel(answer, turnstile),
    ...options
  }: ServedPageOptions = {},
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = reckonServer({
    models: [model],
    methods: ['cot', 'sc@8', 'tot'],
    access: { open: true, hosts: ['127.0.0.1'] },
    pages: readStaticFiles(pageFolder()),
    version: '0.1.0',
    onError: (error) => console.error('inside the server:', error),
    ...options,
  });
  const listening = await listen(server, { port: 0 });
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= listening.close();
    return closed;
  };
  test.after(close);
  return { url: listening.url, close };
}

/** Goes by the name of the solver of sums, for which the page has examples. */
function scriptedModel(answer: ScriptedOptions['answer'], turnstile: Turnstile | undefined): ServedModel {
  const id = 'noisy-solver';
  return {
    id,
    live: scripted({
      id,
      answer: async (request: SampleRequest) => {
        await turnstile?.pass(request.signal);
        return answer(request);
      },
    }),
  };
}
