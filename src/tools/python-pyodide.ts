import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { MissingPackageError } from '../core/errors.ts';
import type { Execution } from '../core/interpreter.ts';
import { cacheFolder } from '../host/cache-folder.ts';
import type { DenoJailOptions } from '../host/deno-jail.ts';
import { bubblewrapWorks, denoPath, startDeno } from '../host/deno-jail.ts';
import type { Guest } from '../host/guest-pool.ts';
import { guestPool } from '../host/guest-pool.ts';
import { keepAlive } from '../host/keep-alive.ts';
import { siblingScript } from '../host/sibling-script.ts';
import { OUT_OF_MEMORY } from '../host/worker-pool.ts';
import type { WarmInterpreter } from './execution.ts';
import {
  executionRequest,
  MOST_OUTPUT_BYTES,
  memoryError,
  missingModuleError,
  notRun,
  timeoutError,
  tooLong,
} from './execution.ts';
import type { PyodideReply, PyodideRequest } from './python-pyodide-guest.ts';
import { HARNESS } from './python-pyodide-harness.ts';
import { withoutUnusedImports } from './unused-imports.ts';

export interface PyodideOptions {
  readonly processes?: number; // kept warm; about 220 MiB each
  readonly bubblewrap?: boolean; // default: where it is installed and works
}

const FEATURE = 'Running Python in Pyodide';
/** What a process may hold above the program's own limit before it is killed, in MiB. */
const SLACK_MIB = 48;
/** What runs in Deno, and what that imports. */
const SCRIPTS = ['python-pyodide-guest', '../host/frames'].map((name) =>
  siblingScript(import.meta.url, name),
);
const SHA256_BYTES = 32;
const MOST_SNAPSHOT_BYTES = 2 ** 28;
/** Room in a reply around its stdout and value, and for the escapes of JSON: six bytes for one at worst. */
const MOST_REPLY_BYTES = 2 ** 16 + 2 * 6 * MOST_OUTPUT_BYTES;

type TimedReply = PyodideReply & { readonly seconds: number };

/** The answer was made beside hostile code, which may have written anything. */
const replySchema: z.ZodType<PyodideReply> = z.object({
  status: z.enum(['ok', 'error', 'memory', 'unsupported']),
  stdout: z.string(),
  truncated: z.boolean(),
  value: z.string().optional(),
  error: z.string().optional(),
  missing: z.string().optional(),
});

/**
 * CPython (Pyodide) in Deno processes without any permission, inside bubblewrap where it works. A process runs one
 * program and is thrown away, so nothing leaks from run to run; the pool keeps fresh ones waiting. The standard library
 * is there, packages with native code are not: a missing module ends as `unsupported`.
 */
export function pyodide({ processes = 2, bubblewrap }: PyodideOptions = {}): WarmInterpreter {
  const deno = denoPath(FEATURE);
  const folder = pyodideFolder();
  const open = async () => {
    const wrapped = bubblewrap ?? (await bubblewrapWorks(deno, SCRIPTS));
    const files = await pyodideFiles(folder);
    const boot = [Buffer.from('serve'), ...files, await snapshotOf(deno, folder, files, wrapped)];
    return {
      engine: wrapped ? 'pyodide in deno in bubblewrap' : 'pyodide in deno',
      workers: guestPool<PyodideRequest, TimedReply>({
        start: () => pyodideGuest(deno, wrapped, boot),
        size: processes,
        usesPerGuest: 1,
      }),
    };
  };
  let pool: ReturnType<typeof open> | undefined;
  return {
    language: 'python',
    async execute(code, options) {
      const request = executionRequest(code, options);
      const refusal = tooLong('pyodide', code);
      if (refusal) return refusal;
      options?.signal?.throwIfAborted();
      pool ??= open();
      let opened: Awaited<typeof pool>;
      try {
        opened = await keepAlive(pool);
      } catch (cause) {
        pool = undefined;
        return notRun('pyodide', 'refused', `Pyodide did not start: ${(cause as Error).message}`);
      }
      const { workers, engine } = opened;
      const { result, seconds, memoryMiB, outputBytes } = request;
      const outcome = await workers.run(
        {
          code: withoutUnusedImports(code).code,
          memoryMiB,
          outputBytes,
          ...(result !== undefined && { result }),
        },
        { milliseconds: seconds * 1000, ...(options?.signal && { signal: options.signal }) },
      );
      const failed = (status: Execution['status'], error: string) =>
        ({ status, stdout: '', error, seconds, engine }) satisfies Execution;
      switch (outcome.status) {
        case 'ok':
          return { ...executionOf(outcome.value, memoryMiB), engine };
        case 'timeout':
          return failed('timeout', timeoutError(seconds));
        case 'crashed':
          return outcome.error === OUT_OF_MEMORY
            ? failed('memory', memoryError(memoryMiB))
            : failed('error', `The interpreter failed: ${outcome.error}`);
        default:
          return outcome satisfies never;
      }
    },
    async warm() {
      pool ??= open();
      await (await keepAlive(pool)).workers.warm();
    },
    async close() {
      await (await pool)?.workers.close();
    },
  };
}

function pyodideFolder(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve('pyodide/package.json'));
  } catch (cause) {
    throw new MissingPackageError('pyodide', FEATURE, cause);
  }
}

/** What the guest wants sent between its mode and the snapshot. */
async function pyodideFiles(folder: string): Promise<readonly Uint8Array[]> {
  const names = [
    'pyodide.mjs',
    'pyodide.asm.mjs',
    'pyodide.asm.wasm',
    'python_stdlib.zip',
    'pyodide-lock.json',
  ];
  const files = await Promise.all(names.map((name) => readFile(join(folder, name))));
  return [...files, Buffer.from(HARNESS)];
}

function jail(bubblewrap: boolean, mostFrameBytes: number): DenoJailOptions {
  const scripts = ['python-pyodide-guest', '../host/frames'].map((name) =>
    siblingScript(import.meta.url, name),
  );
  return { scripts, bubblewrap, mostFrameBytes };
}

function pyodideGuest(
  deno: string,
  bubblewrap: boolean,
  boot: readonly Uint8Array[],
): Guest<PyodideRequest, TimedReply> {
  const process = startDeno(deno, jail(bubblewrap, MOST_REPLY_BYTES));
  for (const frame of boot) process.send(frame);
  const ready = process.next().then(() => {});
  ready.catch(() => {}); // a guest killed while starting has nobody left to tell
  return {
    ready,
    async call(request) {
      const endWatch = process.watch(request.memoryMiB + SLACK_MIB);
      try {
        const startedAt = performance.now();
        process.send(Buffer.from(JSON.stringify(request)));
        const reply = parseReply(await process.next());
        return { ...reply, seconds: (performance.now() - startedAt) / 1000 };
      } finally {
        endWatch();
      }
    },
    kill: () => process.kill(),
  };
}

function parseReply(frame: Uint8Array): PyodideReply {
  try {
    return replySchema.parse(JSON.parse(Buffer.from(frame).toString()));
  } catch (cause) {
    throw new TypeError('its answer is not of the form that was asked for', { cause });
  }
}

function executionOf(reply: TimedReply, memoryMiB: number) {
  const { status, stdout, truncated, value, error, missing, seconds } = reply;
  const why =
    status === 'memory'
      ? memoryError(memoryMiB)
      : missing === undefined
        ? error
        : missingModuleError(missing);
  return {
    status,
    stdout,
    seconds,
    ...(truncated && { truncated }),
    ...(value !== undefined && { value }),
    ...(why !== undefined && { error: why }),
  };
}

/** The state of a started Pyodide: from the cache folder, or made now and kept there. */
async function snapshotOf(
  deno: string,
  folder: string,
  files: readonly Uint8Array[],
  bubblewrap: boolean,
): Promise<Uint8Array> {
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
  const key = createHash('sha256').update(`${version}\n${HARNESS}`).digest('hex').slice(0, 16);
  const path = join(cacheFolder(), `pyodide-${key}.snapshot`);
  const cached = await readSnapshot(path);
  if (cached) return cached;
  const process = startDeno(deno, jail(bubblewrap, MOST_SNAPSHOT_BYTES));
  for (const frame of [Buffer.from('snapshot'), ...files, Buffer.alloc(0)]) process.send(frame);
  try {
    const made = await process.next();
    await keepSnapshot(path, made);
    return made;
  } finally {
    await process.kill();
  }
}

/** A snapshot file is the SHA-256 of the snapshot, then the snapshot. A damaged one counts as none. */
async function readSnapshot(path: string): Promise<Uint8Array | undefined> {
  let file: Buffer;
  try {
    file = await readFile(path);
  } catch {
    return undefined; // none yet, or not readable: made anew
  }
  const snapshot = file.subarray(SHA256_BYTES);
  return sha256(snapshot).equals(file.subarray(0, SHA256_BYTES)) ? snapshot : undefined;
}

async function keepSnapshot(path: string, snapshot: Uint8Array): Promise<void> {
  const unfinished = `${path}.${randomUUID()}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(unfinished, Buffer.concat([sha256(snapshot), snapshot]), { mode: 0o600 });
    await rename(unfinished, path);
    for (const name of await readdir(dirname(path))) // those of other versions, which would only pile up
      if (/^pyodide-[0-9a-f]{16}\.snapshot$/.test(name) && name !== basename(path))
        await rm(join(dirname(path), name));
  } catch {
    await rm(unfinished, { force: true }).catch(() => {}); // no place to keep it: made anew next time
  }
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
