import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { devNull, tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MissingPackageError } from '../core/errors.ts';
import { frameDecoder, frameHeader } from './frames.ts';
import { residentMiB, watchMemory } from './watch-memory.ts';
import { OUT_OF_MEMORY } from './worker-pool.ts';

export interface DenoJailOptions {
  readonly scripts: readonly URL[]; // the first is run; the others are what it imports
  readonly bubblewrap: boolean;
  readonly mostFrameBytes: number; // a longer frame from the process ends it
}

/** Nothing is granted, and nothing is fetched, looked up or asked for. */
const DENO_FLAGS =
  `run --quiet --no-prompt --no-config --no-lock --no-remote --no-npm --cached-only --deny-read --deny-write
  --deny-net --deny-env --deny-sys --deny-run --deny-ffi --deny-import --v8-flags=--max-old-space-size=512`.split(
    /\s+/,
  );
/** `localStorage` and `caches` need no permission and keep what a guest says in here: so it is a folder that cannot be. */
const DENO_FOLDER = join(devNull, 'none');
/** In bubblewrap it is in memory and the guest's own; Deno ends there without one. */
const SCRATCH_BYTES = 8 * 2 ** 20;
const PROBE_MILLISECONDS = 10_000;

/** The Deno executable of the installed package. Throws MissingPackageError. */
export function denoPath(feature: string): string {
  const require = createRequire(import.meta.url);
  try {
    const folder = join(require.resolve('deno/package.json'), '..');
    const beside = join(folder, process.platform === 'win32' ? 'deno.exe' : 'deno');
    // without install scripts the executable stays in the package of the platform until it is first asked for
    return existsSync(beside) ? beside : require('deno/install_api.cjs').runInstall();
  } catch (cause) {
    throw new MissingPackageError('deno', feature, cause);
  }
}

/**
 * Whether bubblewrap is installed and `scripts` run in it here: the first must end with code 0 when its standard input
 * is empty.
 */
export async function bubblewrapWorks(deno: string, scripts: readonly URL[]): Promise<boolean> {
  if (bubblewrapPath() === undefined) return false;
  const child = spawnWrapped(
    deno,
    scripts.map((script) => fileURLToPath(script)),
  );
  child.stdin?.on('error', () => {}); // ended before it was read
  child.stdin?.end();
  const late = setTimeout(() => child.kill('SIGKILL'), PROBE_MILLISECONDS);
  return new Promise((resolve) => {
    child.on('error', () => resolve(false));
    child.on('exit', (code) => {
      clearTimeout(late);
      resolve(code === 0); // else user namespaces are switched off, or the system keeps its libraries elsewhere
    });
  });
}

function bubblewrapPath(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'bwrap'))
    .find((path) => existsSync(path));
}

/** Own namespaces without network, no capabilities, nobody as user, and of the file system only what Deno loads. */
function walls(deno: string, scripts: readonly string[]): string[] {
  const libraries = ['/lib', '/lib64', '/usr/lib', '/usr/lib64'];
  return [
    ...'--unshare-all --die-with-parent --new-session --as-pid-1 --clearenv --cap-drop ALL --uid 65534 --gid 65534'.split(
      ' ',
    ),
    ...libraries.flatMap((folder) => ['--ro-bind-try', folder, folder]),
    ...['--dev', '/dev', '--size', String(SCRATCH_BYTES), '--tmpfs', '/tmp', '--ro-bind', deno, '/deno'],
    ...scripts.flatMap((script) => ['--ro-bind', script, jailed(script)]),
    ...['--setenv', 'DENO_DIR', '/tmp', '--setenv', 'DENO_NO_UPDATE_CHECK', '1', '--chdir', '/jail'],
  ];
}

/** A running Deno process without any permission, in bubblewrap if asked for. It speaks in frames. */
export interface JailedDeno {
  send(frame: Uint8Array): void;
  /** The next frame of the process. Rejects once it has ended. */
  next(): Promise<Uint8Array>;
  /** From here on, more than so many MiB of additional resident memory kill the process. Linux only. */
  watch(memoryMiB: number): () => void;
  kill(): Promise<void>;
}

/** Starts a jailed process. Idle, it keeps no process of ours alive. */
export function startDeno(deno: string, options: DenoJailOptions): JailedDeno {
  const scripts = options.scripts.map((script) => fileURLToPath(script));
  const child = options.bubblewrap ? spawnWrapped(deno, scripts) : spawnPlain(deno, scripts);
  let processId = options.bubblewrap ? undefined : child.pid;
  const exited = Promise.withResolvers<void>();
  const decode = frameDecoder(options.mostFrameBytes);
  let frame = expectFrame();
  let limitExceeded = false;
  const end = () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    if (options.bubblewrap) killChildren(child);
    child.kill('SIGKILL');
  };
  running.add(end);
  const fail = (cause: Error) => {
    frame.reject(limitExceeded ? new Error(OUT_OF_MEMORY) : cause);
    end();
  };
  child.on('error', (cause) => {
    running.delete(end);
    fail(cause);
    exited.resolve();
  });
  child.on('exit', (code, signal) => {
    running.delete(end);
    fail(new Error(`the sandbox ended with ${signal ?? `code ${code}`}`));
    exited.resolve();
  });
  child.stdin?.on('error', () => {}); // the process is ending, and its exit says why
  child.stdout?.on('data', (chunk: Buffer) => {
    try {
      for (const body of decode(chunk)) {
        if (frame.arrived) throw new RangeError('the sandbox answered more than it was asked');
        frame.arrived = true;
        frame.resolve(body);
      }
    } catch (cause) {
      fail(cause as Error);
    }
  });
  child.stdio[3]?.on('data', (chunk: Buffer) => {
    processId ??= Number(/"child-pid":\s*(\d+)/.exec(String(chunk))?.[1]) || undefined;
  });
  child.unref();
  for (const stream of child.stdio) (stream as Socket | null)?.unref();
  return {
    send(body) {
      child.stdin?.write(frameHeader(body.length));
      child.stdin?.write(body);
    },
    async next() {
      const body = await frame.promise;
      frame = expectFrame();
      return body;
    },
    watch(memoryMiB) {
      const held = processId === undefined ? undefined : residentMiB(processId);
      if (processId === undefined || held === undefined) return () => {};
      return watchMemory(processId, held + memoryMiB, () => {
        limitExceeded = true;
        end();
      });
    },
    async kill() {
      end();
      await exited.promise;
    },
  };
}

/** Ends each jailed process of this one. */
const running = new Set<() => void>();
process.on('exit', () => {
  for (const end of running) end();
});

/**
 * bubblewrap killed in the middle of its start, with us or by us, leaves a child that waits for it for ever; so the child
 * goes first, while bubblewrap is held.
 */
function killChildren({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, 'SIGSTOP');
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
    for (const child of children === '' ? [] : children.split(' ')) process.kill(Number(child), 'SIGKILL');
  } catch {
    // it has ended since, or the kernel does not list children
  }
}

function expectFrame() {
  const waiting = { ...Promise.withResolvers<Uint8Array>(), arrived: false };
  waiting.promise.catch(() => {}); // a process that ends while nobody waits has nobody to tell
  return waiting;
}

/** A script keeps its folder's name, so that `../host/frames.ts` still finds its neighbour. */
function jailed(script: string): string {
  return `/jail/${basename(dirname(script))}/${basename(script)}`;
}

function spawnPlain(deno: string, scripts: readonly string[]): ChildProcess {
  return spawn(deno, [...DENO_FLAGS, scripts[0] as string], {
    cwd: tmpdir(),
    env: { DENO_DIR: DENO_FOLDER, DENO_NO_UPDATE_CHECK: '1' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
}

function spawnWrapped(deno: string, scripts: readonly string[]): ChildProcess {
  const main = jailed(scripts[0] as string);
  return spawn(
    bubblewrapPath() as string,
    [...walls(deno, scripts), '--info-fd', '3', '/deno', ...DENO_FLAGS, main],
    { env: {}, stdio: ['pipe', 'pipe', 'ignore', 'pipe'] },
  );
}
