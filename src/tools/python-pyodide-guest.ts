// Runs in Deno without permissions, never in Node. Everything it needs comes as frames on its standard input: what to do
// ('snapshot' or 'serve'), then Pyodide's loader, module, WebAssembly, standard library, package index, the harness and a
// snapshot (empty for none). In 'snapshot' it answers with the snapshot; else with one empty frame, then one per request.
import { frameDecoder, frameHeader } from '../host/frames.ts';

/** A program for Pyodide, with its limits. */
export interface PyodideRequest {
  readonly code: string;
  readonly result?: string;
  readonly memoryMiB: number;
  readonly outputBytes: number;
}

/** What the harness answers. It was written beside hostile code, so the reader checks it. */
export interface PyodideReply {
  readonly status: 'ok' | 'error' | 'memory' | 'unsupported';
  readonly stdout: string;
  readonly truncated: boolean;
  readonly value?: string | undefined;
  readonly error?: string | undefined;
  readonly missing?: string | undefined; // top-level module that is not there
}

interface Pyodide {
  runPython(code: string): unknown;
  pyimport(name: string): { readonly run: Harness };
  makeMemorySnapshot(): Uint8Array<ArrayBuffer>;
}
/** Called with stack switching, so that the program may wait for coroutines and promises. */
interface Harness {
  callPromising(code: string, result: string | undefined, limit: number): Promise<string>;
}
interface Loader {
  loadPyodide(options: object): Promise<Pyodide>;
}
declare const Deno: {
  readonly stdin: { read(into: Uint8Array): Promise<number | null> };
  readonly stdout: { write(bytes: Uint8Array): Promise<number> };
  exit(code: number): never;
};

const CHUNK_BYTES = 2 ** 20;
const MOST_FRAME_BYTES = 2 ** 29;
const PAGE_BYTES = 65_536; // of WebAssembly memory
const { stdin, stdout, exit } = Deno;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

const next = frameSource();
const [mode, loader, module, wasm, library, index, harness, snapshot] = [
  await next(),
  await next(),
  await next(),
  await next(),
  await next(),
  await next(),
  await next(),
  await next(),
];
const making = decoder.decode(mode) === 'snapshot';
pretendShell({ wasm, library });
addEventListener('unhandledrejection', (event) => event.preventDefault()); // else it ends the process unanswered
const options = {
  indexURL: '/',
  packageBaseUrl: '/',
  lockFileContents: decoder.decode(index),
  createPyodideModule: (await importText<{ default: unknown }>(module)).default,
  env: { HOME: '/home/pyodide', PYTHONHASHSEED: '0' },
  stdin: () => null,
  stdout: () => {},
  stderr: () => {},
  ...(making ? { _makeSnapshot: true } : snapshot.length > 0 && { _loadSnapshot: snapshot }),
};
const pyodide = await (await importText<Loader>(loader)).loadPyodide(options);
if (making || snapshot.length === 0) pyodide.runPython(decoder.decode(harness));
if (making) await send(pyodide.makeMemorySnapshot());
else {
  const { run } = pyodide.pyimport('_jail');
  await send(new Uint8Array(0));
  for (;;) {
    const request = JSON.parse(decoder.decode(await next())) as PyodideRequest;
    const growth = limitGrowth(request.memoryMiB);
    let reply: string;
    try {
      reply = await run.callPromising(request.code, request.result, request.outputBytes);
    } catch (cause) {
      // Pyodide itself gave up: its stack or its memory ended outside Python
      reply = JSON.stringify({
        status: growth.refused ? 'memory' : 'error',
        stdout: '',
        truncated: false,
        error: String(cause).split('\n', 1)[0]?.slice(0, 500),
      });
    }
    await send(encoder.encode(reply));
  }
}

function frameSource(): () => Promise<Uint8Array<ArrayBuffer>> {
  const decode = frameDecoder(MOST_FRAME_BYTES);
  const frames: Uint8Array<ArrayBuffer>[] = [];
  const chunk = new Uint8Array(CHUNK_BYTES);
  return async () => {
    for (;;) {
      const frame = frames.shift();
      if (frame) return frame;
      const bytes = await stdin.read(chunk);
      if (bytes === null) return exit(0); // the host is gone, or only asked whether this starts
      frames.push(...decode(chunk.subarray(0, bytes)));
    }
  };
}

async function send(body: Uint8Array): Promise<void> {
  for (const bytes of [frameHeader(body.length), body])
    for (let at = 0; at < bytes.length; ) at += await stdout.write(bytes.subarray(at));
}

function importText<M>(source: Uint8Array<ArrayBuffer>): Promise<M> {
  return import(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
}

/**
 * Pyodide reads files through a JavaScript shell's functions when it finds no Node, Deno or browser: so it gets its files
 * from memory and needs no permission. Random bytes come from a fixed seed, so that a program gives the same value twice.
 */
function pretendShell(files: { readonly wasm: Uint8Array; readonly library: Uint8Array }): void {
  const scope = globalThis as unknown as Record<string, unknown>;
  const none = (path: string) => {
    throw new Error(`No file ${path}`);
  };
  let state = 0x9e3779b9;
  const randomByte = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 0xff;
  };
  delete scope.process;
  delete scope.Deno;
  scope.console = { log() {}, warn() {}, error() {}, info() {}, debug() {} };
  scope.read = none;
  scope.load = none;
  scope.readbuffer = (path: string) =>
    path.endsWith('.wasm') ? files.wasm : path.endsWith('.zip') ? files.library : none(path);
  // Pyodide asks the shell for `head -c<count> /dev/urandom | base64`
  scope.os = {
    system: (_shell: string, [, command]: [string, string]) =>
      btoa(String.fromCharCode(...Array.from({ length: Number(/-c(\d+)/.exec(command)?.[1]) }, randomByte))),
  };
}

/** Lets WebAssembly memories grow by so much from here; more fails as if the machine had no more. */
function limitGrowth(memoryMiB: number): { refused: boolean } {
  const outcome = { refused: false };
  let pages = (memoryMiB * 2 ** 20) / PAGE_BYTES;
  const grow = WebAssembly.Memory.prototype.grow;
  WebAssembly.Memory.prototype.grow = function (delta) {
    if (delta > pages) {
      outcome.refused = true;
      throw new RangeError('The memory limit of the program is reached');
    }
    pages -= delta;
    return grow.call(this, delta);
  };
  return outcome;
}
