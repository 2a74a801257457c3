import { InputError } from '../core/errors.ts';
import type { Model } from '../core/model.ts';

export interface ModelSettings {
  readonly concurrency?: number; // calls in flight; default 16
  /** Somebody watches the text arrive. Otherwise streams are held until whole, so that a broken one can be tried again. */
  readonly watched?: boolean;
  /** How the answers of an API travel, where `watched` does not say enough. */
  readonly stream?: 'live' | 'held' | 'off';
}

/** A provider whose API speaks the OpenAI protocol. */
interface Provider {
  readonly baseUrl: () => string;
  readonly keys: readonly string[]; // environment variables, the first that is set counts; none needed when empty
}

const PROVIDERS: Readonly<Record<string, Provider>> = {
  openai: {
    baseUrl: () => process.env.OPENAI_BASE_URL ?? 'https://api.openai.com/v1',
    keys: ['OPENAI_API_KEY'],
  },
  anthropic: { baseUrl: () => 'https://api.anthropic.com/v1', keys: ['ANTHROPIC_API_KEY'] },
  google: {
    baseUrl: () => 'https://generativelanguage.googleapis.com/v1beta/openai',
    keys: ['GEMINI_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY'],
  },
  openrouter: { baseUrl: () => 'https://openrouter.ai/api/v1', keys: ['OPENROUTER_API_KEY'] },
  ollama: { baseUrl: () => `${ollamaHost()}/v1`, keys: [] },
};

/** The model that comes with the package: what is asked when nobody names another. */
export const EMBEDDED_MODEL = 'reckon-nano';

/** The forms a model spec may take, for people. */
export const MODEL_FORMS: readonly { readonly form: string; readonly meaning: string }[] = [
  {
    form: EMBEDDED_MODEL,
    meaning: 'the small model that comes with Reckon, in this process; needs no key and no network',
  },
  {
    form: 'noisy-solver',
    meaning: 'a scripted solver of simple arithmetic that errs; needs no key and no network',
  },
  { form: 'openai/<id>', meaning: 'OPENAI_API_KEY; OPENAI_BASE_URL for another address' },
  { form: 'anthropic/<id>', meaning: 'ANTHROPIC_API_KEY' },
  { form: 'google/<id>', meaning: 'GEMINI_API_KEY' },
  { form: 'openrouter/<id>', meaning: 'OPENROUTER_API_KEY' },
  { form: 'ollama/<id>', meaning: 'a local Ollama (OLLAMA_HOST, default 127.0.0.1:11434)' },
  {
    form: 'http://host:port/v1#<id>',
    meaning: 'any OpenAI-compatible server; RECKON_API_KEY when it wants a key',
  },
  { form: 'recorded:<file>', meaning: 'replays a recording, offline' },
  { form: 'checkpoint:<folder>', meaning: 'a decoder in this process: a checkpoint or a run of training' },
];

/** Whether a model's weights are files of ours: free to ask, and another model under the same name once they are trained on. */
export function isLocalModel(spec: string): boolean {
  return spec === EMBEDDED_MODEL || spec.startsWith('checkpoint:');
}

/** Opens a model by spec. Throws InputError for a form that is not known or a key that is not set. */
export async function openModel(
  spec: string,
  { concurrency = 16, watched = false, stream = watched ? 'live' : 'held' }: ModelSettings = {},
): Promise<Model & { close?(): Promise<void> }> {
  if (spec === EMBEDDED_MODEL) {
    const [{ embedded }, { packageFolder }] = await Promise.all([
      import('../models/embedded.ts'),
      import('../host/package-folder.ts'),
    ]);
    return embedded({ folder: packageFolder(`models/${EMBEDDED_MODEL}`), id: spec });
  }
  if (spec === 'noisy-solver') {
    const { noisySolver } = await import('../models/noisy-solver.ts');
    return noisySolver();
  }
  if (spec.startsWith('recorded:')) {
    const { recorded } = await import('../models/recorded.ts');
    return recorded(spec.slice('recorded:'.length), spec);
  }
  if (spec.startsWith('checkpoint:')) {
    const [{ embedded }, { checkpointFolder }] = await Promise.all([
      import('../models/embedded.ts'),
      import('./training.ts'),
    ]);
    return embedded({ folder: await checkpointFolder(spec.slice('checkpoint:'.length)), id: spec });
  }
  const { openaiCompatible } = await import('../models/openai-compatible.ts');
  const upstream = upstreamOf(spec);
  await checkReachable(upstream.baseUrl);
  return openaiCompatible({ ...upstream, id: spec, limits: { concurrency }, stream });
}

/** Where the API of a model lies. */
export interface UpstreamOfModel {
  readonly baseUrl: string;
  readonly model: string; // as the API names it
  readonly apiKey?: string;
}

/** The API behind a model spec. Throws InputError for a form that is not known or a key that is not set. */
export function upstreamOf(spec: string): UpstreamOfModel {
  if (/^https?:\/\//.test(spec)) {
    const [baseUrl = '', model] = spec.split('#', 2);
    if (!model)
      throw new InputError(`The model ${spec} does not say which model to ask; write ${baseUrl}#<model id>`);
    const apiKey = process.env.RECKON_API_KEY;
    return { baseUrl, model, ...(apiKey !== undefined && { apiKey }) };
  }
  const slash = spec.indexOf('/');
  const name = spec.slice(0, Math.max(0, slash));
  const provider = Object.hasOwn(PROVIDERS, name) ? PROVIDERS[name] : undefined;
  if (!provider || slash === spec.length - 1)
    throw new InputError(
      `Cannot tell which model "${spec}" is; the forms are ${MODEL_FORMS.map(({ form }) => form).join(', ')}`,
    );
  const apiKey = provider.keys
    .map((key) => process.env[key])
    .find((value) => value !== undefined && value !== '');
  if (provider.keys.length > 0 && apiKey === undefined)
    throw new InputError(`Model ${spec} needs a key; set ${provider.keys.join(' or ')} in the environment`);
  return {
    baseUrl: provider.baseUrl(),
    model: spec.slice(slash + 1),
    ...(apiKey !== undefined && { apiKey }),
  };
}

/** OLLAMA_HOST may be a bare host, host:port, or an address. */
function ollamaHost(): string {
  const host = process.env.OLLAMA_HOST ?? '127.0.0.1:11434';
  const address = /^https?:\/\//.test(host) ? host : `http://${host}`;
  return address.replace(/\/+$/, '');
}

/** How long a server may take to accept a connection before the model's own retries are trusted with it, milliseconds. */
const CONNECT_MILLISECONDS = 3_000;

/**
 * Throws InputError at once where nothing listens or the name is not known: no use in retrying what was mistyped. Through a
 * proxy only the calls themselves can tell.
 */
async function checkReachable(baseUrl: string): Promise<void> {
  if (process.env.HTTPS_PROXY || process.env.HTTP_PROXY || !URL.canParse(baseUrl)) return;
  const { hostname, port, protocol } = new URL(baseUrl);
  const { connect } = await import('node:net');
  const socket = connect({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (protocol === 'https:' ? 443 : 80),
  });
  const failure = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    socket.setTimeout(CONNECT_MILLISECONDS, () => resolve(undefined));
    socket.once('connect', () => resolve(undefined));
    socket.once('error', resolve);
  });
  socket.destroy();
  if (failure?.code === 'ECONNREFUSED' || failure?.code === 'ENOTFOUND' || failure?.code === 'EAI_AGAIN')
    throw new InputError(
      `Cannot reach ${hostname}${port ? `:${port}` : ''} (${failure.code}); check that the server runs, the network is up and the address is right`,
      { cause: failure },
    );
}
