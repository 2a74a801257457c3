import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { InputError } from '../core/errors.ts';
import { openRegularFile } from '../host/regular-file.ts';

const approved = z.strictObject({
  fingerprint: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 digits, as reckon tools prints it'),
  reach: z.enum(['inside', 'reads', 'acts']).exactOptional(),
});
const common = {
  tools: z.record(z.string(), approved).default({}),
  resources: z.array(z.string().max(2_000)).max(100).exactOptional(),
  seconds: z.number().positive().max(600).exactOptional(),
};
const words = z.record(z.string(), z.string().max(10_000));
const command = z.strictObject({
  ...common,
  command: z.string().min(1),
  arguments: z.array(z.string()).max(100).exactOptional(),
  folder: z.string().exactOptional(),
  environment: words.exactOptional(),
});
const address = z.strictObject({
  ...common,
  url: z.string(),
  headers: words.exactOptional(),
  private: z.boolean().exactOptional(),
});
const hosts = z.array(z.string()).max(1_000);
const config = z.strictObject({
  afterOutsideText: z.array(z.string()).max(1_000).default([]),
  secrets: z.array(z.string()).max(100).default([]),
  seconds: z.number().positive().max(600).exactOptional(),
  fetch: z
    .strictObject({
      hosts,
      private: hosts.exactOptional(),
      seconds: z.number().positive().max(120).exactOptional(),
      maxBytes: z
        .number()
        .int()
        .positive()
        .max(64 * 2 ** 20)
        .exactOptional(),
    })
    .exactOptional(),
  mcp: z.record(z.string(), z.union([command, address])).default({}),
});

/** What the user allows tools to do: hosts to open, servers to start, secrets to keep. */
export type ToolsConfig = z.infer<typeof config>;

const MOST_BYTES = 2 ** 20;

/** Where the file is that is read when none is named. Never the current folder: what lies there may be anybody's. */
export function toolsConfigFile(): string {
  const folder = process.env.XDG_CONFIG_HOME || join(homedir(), '.config');
  return process.env.RECKON_TOOLS || join(folder, 'reckon', 'tools.json');
}

/** Reads a file of settings; one that is not named may be absent. Throws InputError that names the place of a mistake. */
export async function readToolsConfig(named: string | undefined): Promise<ToolsConfig> {
  const path = named ?? toolsConfigFile();
  const file = await openRegularFile(path).catch((cause) => {
    if (named === undefined && /there is no such file/.test(String(cause))) return undefined;
    throw cause;
  });
  if (!file) return config.parse({});
  try {
    if (file.size > MOST_BYTES)
      throw new InputError(`${path} has ${file.size} bytes; at most ${MOST_BYTES} are read`);
    return parse(path, await file.handle.readFile('utf8'));
  } finally {
    await file.handle.close();
  }
}

function parse(path: string, text: string): ToolsConfig {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InputError(`${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const read = config.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const inner = issue?.code === 'invalid_union' ? closest(issue.errors) : undefined;
  const place = [...(issue?.path ?? []), ...(inner?.path ?? [])].join('.');
  throw new InputError(`${path}${place && `, at ${place}`}: ${(inner ?? issue)?.message}; see docs/tools.md`);
}

/** Of the alternatives the one with the fewest mistakes is what was meant. */
function closest(errors: readonly (readonly z.core.$ZodIssue[])[]): z.core.$ZodIssue | undefined {
  return errors.toSorted((a, b) => a.length - b.length)[0]?.[0];
}

/** Values with `${NAME}` replaced by variables of the environment. Throws InputError for one that is not set. */
export function withEnvironment(
  values: Readonly<Record<string, string>>,
  used: (value: string) => void,
): Record<string, string> {
  const filled = Object.entries(values).map(([key, text]) => {
    const value = text.replace(/\$\{([A-Za-z_][A-Za-z0-9_]{0,100})\}/g, (_, name: string) => {
      const found = process.env[name];
      if (found === undefined || found === '')
        throw new InputError(`The setting ${key} needs the environment variable ${name}; set it`);
      used(found);
      return found;
    });
    return [key, value] as const;
  });
  return Object.fromEntries(filled);
}
