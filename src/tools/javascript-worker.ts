import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import baseVariant from '@jitl/quickjs-wasmfile-release-sync';
import type {
  QuickJSContext,
  QuickJSHandle,
  QuickJSRuntime,
  QuickJSSyncVariant,
} from 'quickjs-emscripten-core';
import { newQuickJSWASMModuleFromVariant, newVariant } from 'quickjs-emscripten-core';
import { serveWorker } from '../host/worker-pool.ts';
import { boundedOutput } from './bounded-output.ts';
import type { ExecutionRequest } from './execution.ts';

/** How a program in QuickJS ended. */
export interface QuickjsReply {
  readonly status: 'ok' | 'error' | 'timeout' | 'memory';
  readonly stdout: string;
  readonly truncated: boolean;
  readonly seconds: number;
  readonly value?: string;
  readonly error?: string; // one line
}

/** More lets deep recursion in the guest end the host's stack first. */
const STACK_BYTES = 128 * 1024;
const PAGE_BYTES = 65_536;
const PAGES_PER_MIB = 2 ** 20 / PAGE_BYTES;
/** What the module itself asks for at its start. */
const INITIAL_PAGES = 256;
const ERROR_CHARACTERS = 500;

// the package's types describe its CommonJS build, whose exports hold the variant; the ESM default export is the variant
const variant = baseVariant as unknown as QuickJSSyncVariant;
const wasmModule = await WebAssembly.compile(
  await readFile(createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm')),
);

/**
 * Runs in the guest before the program, so that the program cannot change what these functions use. Chance is seeded, so
 * that a program gives the same value twice.
 */
const PRELUDE = `(() => {
  const { stringify } = JSON, text = String, failure = Error;
  const describe = (value) => {
    if (typeof value !== 'object' || value === null || value instanceof failure) return text(value);
    return stringify(value) ?? text(value);
  };
  const explain = (error) => {
    if (!(error instanceof failure)) return 'Uncaught ' + describe(error);
    const line = /program\\.js:(\\d+)/.exec(error.stack)?.[1];
    return text(error).split('\\n', 1)[0] + (line ? ' (line ' + line + ')' : '');
  };
  let state = 0x9e3779b9;
  Math.random = () => {
    state ^= state << 13; state ^= state >>> 17; state ^= state << 5;
    return (state >>> 0) / 4294967296;
  };
  return { describe, explain };
})()`;

serveWorker<ExecutionRequest, QuickjsReply>(async (request) => {
  const { code, result, seconds, memoryMiB, outputBytes } = request;
  const wasmMemory = emptyMemory(Math.ceil(memoryMiB * PAGES_PER_MIB));
  const quickjs = await newQuickJSWASMModuleFromVariant(newVariant(variant, { wasmModule, wasmMemory }));
  const output = boundedOutput(outputBytes);
  const startedAt = performance.now();
  const elapsed = () => (performance.now() - startedAt) / 1000;
  const ended = (end: Pick<QuickjsReply, 'status' | 'value' | 'error'>): QuickjsReply => ({
    ...end,
    stdout: output.text,
    truncated: output.truncated,
    seconds: elapsed(),
  });
  const runtime = quickjs.newRuntime();
  runtime.setMaxStackSize(STACK_BYTES);
  runtime.setInterruptHandler(() => elapsed() > seconds);
  const context = runtime.newContext();
  try {
    const tools = context.unwrapResult(context.evalCode(PRELUDE));
    const describe = textFunction(context, tools, 'describe');
    const explain = textFunction(context, tools, 'explain');
    addConsole(context, (values) => output.add(`${values.map(describe).join(' ')}\n`));
    const ran = settled(runtime, context, context.evalCode(code, 'program.js'));
    const read =
      'error' in ran || result === undefined ? ran : settled(runtime, context, context.evalCode(result));
    if (elapsed() > seconds) return ended({ status: 'timeout' });
    if ('error' in read) {
      const why = typeof read.error === 'string' ? read.error : explain(read.error);
      if (why.includes('out of memory')) return ended({ status: 'memory' });
      return ended({ status: 'error', error: why.slice(0, ERROR_CHARACTERS) });
    }
    if (context.typeof(read.value) === 'undefined' && result === undefined) return ended({ status: 'ok' });
    const value = boundedOutput(outputBytes);
    value.add(describe(read.value));
    return { ...ended({ status: 'ok', value: value.text }), truncated: output.truncated || value.truncated };
  } catch (cause) {
    if (elapsed() > seconds) return ended({ status: 'timeout' });
    const why = cause instanceof Error ? cause.message : String(cause);
    if (why.includes('out of memory')) return ended({ status: 'memory' });
    return ended({
      status: 'error',
      error: 'The value or the error of the program cannot be written as text',
    });
  }
  // nothing is disposed: the whole instance goes, and disposing walks what the guest has left
});

let last: { readonly memory: WebAssembly.Memory; readonly growth: number } | undefined;

/**
 * A memory of zeros that may grow by so many pages, for a fresh instance: nothing is left of the program before. The last
 * memory is wiped and used again unless it has grown, since to throw them all away costs collections of 20 ms.
 */
function emptyMemory(growth: number): WebAssembly.Memory {
  if (last?.growth === growth && last.memory.buffer.byteLength === INITIAL_PAGES * PAGE_BYTES)
    new Uint8Array(last.memory.buffer).fill(0);
  else
    last = {
      memory: new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: INITIAL_PAGES + growth }),
      growth,
    };
  return last.memory;
}

/** A function of the guest from a value to text, called from here. */
function textFunction(context: QuickJSContext, tools: QuickJSHandle, name: string) {
  const called = context.getProp(tools, name);
  return (value: QuickJSHandle): string =>
    context.getString(context.unwrapResult(context.callFunction(called, context.undefined, value)));
}

function addConsole(context: QuickJSContext, log: (values: QuickJSHandle[]) => void): void {
  const console = context.newObject();
  const print = context.newFunction('log', (...values) => log(values));
  for (const name of ['log', 'info', 'warn', 'error', 'debug']) context.setProp(console, name, print);
  context.setProp(context.global, 'console', console);
}

type Outcome = { readonly value: QuickJSHandle } | { readonly error: QuickJSHandle | string };

/** The value of an evaluation, once its promise (if it is one) has settled. */
function settled(
  runtime: QuickJSRuntime,
  context: QuickJSContext,
  evaluated: ReturnType<QuickJSContext['evalCode']>,
): Outcome {
  if (evaluated.error) return { error: evaluated.error };
  const jobs = runtime.executePendingJobs();
  if (jobs.error) return { error: jobs.error };
  const state = context.getPromiseState(evaluated.value);
  if (state.type === 'rejected') return { error: state.error };
  if (state.type === 'pending') return { error: 'The promise of the program never settles' };
  return { value: state.value };
}
