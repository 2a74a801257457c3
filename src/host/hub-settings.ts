import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../core/errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment says about the Hugging Face hub, under the names its other clients use. */
export interface HubSettings {
  readonly endpoint: string; // without a slash at the end
  readonly cache: string; // folder that holds datasets--ORG--NAME
  readonly offline: boolean;
  readonly token?: string;
  readonly proxied: boolean;
}

const TOKEN_CHARACTERS = 1024;

/** Reads HF_ENDPOINT, HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME, HF_HUB_OFFLINE, HF_TOKEN, HF_TOKEN_PATH and proxy variables. */
export function readHubSettings(environment: Environment): HubSettings {
  const value = (name: string) => environment[name]?.trim() || undefined;
  const home = value('HF_HOME') ?? join(value('XDG_CACHE_HOME') ?? join(homedir(), '.cache'), 'huggingface');
  const token = value('HF_TOKEN') ?? readToken(value('HF_TOKEN_PATH') ?? join(home, 'token'));
  if (token !== undefined && !/^[\x21-\x7e]{1,1024}$/.test(token))
    throw new InputError('The Hugging Face token holds characters that no token has; check HF_TOKEN');
  return {
    endpoint: readEndpoint(value('HF_ENDPOINT') ?? 'https://huggingface.co'),
    cache: value('HF_HUB_CACHE') ?? join(home, 'hub'),
    offline: ['1', 'true', 'yes', 'on'].includes(value('HF_HUB_OFFLINE')?.toLowerCase() ?? ''),
    ...(token !== undefined && { token }),
    proxied: ['HTTPS_PROXY', 'HTTP_PROXY', 'https_proxy', 'http_proxy'].some(
      (name) => value(name) !== undefined,
    ),
  };
}

function readEndpoint(address: string): string {
  const url = URL.parse(address);
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw new InputError(`HF_ENDPOINT is "${address}"; it must be an http or https address`);
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function readToken(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').slice(0, TOKEN_CHARACTERS).trim() || undefined;
  } catch {
    return undefined; // no token is the normal case
  }
}
