import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { isIP } from 'node:net';
import type { Agent, buildConnector } from 'undici';
import { InputError, ToolError } from '../core/errors.ts';
import { isPublicAddress } from './public-address.ts';

/** Where connections may go. The user writes it; models, pages and servers do not. */
export interface AddressPolicy {
  /** `example.com`, `example.com:8443`, `*.example.com` for what is below it, `*` for every public host. */
  readonly hosts: readonly string[];
  /** `host:port` of services that may be anywhere, on this machine and in its network too. Default none. */
  readonly private?: readonly string[];
}

/** Finds the addresses of a name. */
export type Resolve = (name: string) => Promise<readonly string[]>;

/** Longest address that is read, in characters. */
const LONGEST_URL = 2_048;
/** Entries of one list. */
const MOST_ENTRIES = 1_000;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };
/** Names that mean this machine or its network, whatever a name server says. */
const LOCAL_NAMES =
  /(?:^|\.)(?:localhost|localdomain|local|internal|intranet|private|corp|home|lan|arpa|onion)$/;
const CONNECT_MILLISECONDS = 10_000;

/** Reads a policy. Throws InputError that names the entry which is none. */
export function readAddressPolicy({ hosts, private: closed = [] }: AddressPolicy): Required<AddressPolicy> {
  for (const list of [hosts, closed])
    if (list.length > MOST_ENTRIES)
      throw new InputError(`A list of hosts has ${list.length} entries; at most ${MOST_ENTRIES} are read`);
  for (const entry of hosts)
    if (!/^(?:\*|(?:\*\.)?[a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?$/.test(entry))
      throw new InputError(
        `Cannot read the host ${JSON.stringify(entry)}; write example.com, example.com:8443, *.example.com or *`,
      );
  for (const entry of closed)
    if (!/^(?:[a-z0-9.-]+|\[[0-9a-f:]+\]):\d{1,5}$/.test(entry))
      throw new InputError(
        `Cannot read the private host ${JSON.stringify(entry)}; write host:port, like 127.0.0.1:8080`,
      );
  return { hosts, private: closed };
}

/** An address of http or https that the policy allows. Throws ToolError that says what is wrong with it. */
export function allowedUrl(text: string, policy: AddressPolicy, base?: URL): URL {
  const refused = (why: string) =>
    new ToolError(`${JSON.stringify(text.slice(0, 200))} is not opened: ${why}`);
  if (text.length > LONGEST_URL) throw refused(`it is longer than ${LONGEST_URL} characters`);
  // parsers differ about these, and an address that two readers read differently passes a check and goes elsewhere
  if (/[\s\\\p{Cc}\p{Cf}]/u.test(text)) throw refused('it holds spaces, backslashes or invisible characters');
  const url = URL.parse(text, base);
  if (!url) throw refused('it is no address; write https://host/path');
  const port = url.port || DEFAULT_PORTS[url.protocol];
  if (port === undefined) throw refused('only http and https are');
  if (url.username !== '' || url.password !== '') throw refused('it holds a user name or a password');
  const { hostname } = url; // lower case; numbers in any notation have become a plain address
  if (policy.private?.includes(`${hostname}:${port}`)) return url;
  if (hostname.endsWith('.')) throw refused('its host ends in a dot');
  if (!policy.hosts.some((entry) => covers(entry, hostname, port, url)))
    throw refused(`the host ${hostname}:${port} is not on the list of those that may be`);
  const address = literal(hostname);
  if (address === undefined ? isLocalName(hostname) : !isPublicAddress(address))
    throw refused(`${hostname} is not on the public internet`);
  return url;
}

function covers(entry: string, hostname: string, port: string, url: URL): boolean {
  const [, name = '', wanted = DEFAULT_PORTS[url.protocol]] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  if (wanted !== port) return false;
  if (name === '*' || name === hostname) return true;
  return name.startsWith('*.') && hostname.endsWith(name.slice(1)) && hostname.length > name.length - 1;
}

/** The numeric address that a host of a URL is; undefined for a name. */
function literal(hostname: string): string | undefined {
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  return isIP(bare) === 0 ? undefined : bare;
}

function isLocalName(hostname: string): boolean {
  return !hostname.includes('.') || LOCAL_NAMES.test(hostname);
}

const systemResolve: Resolve = async (name) =>
  (await lookup(name, { all: true })).map(({ address }) => address);

/**
 * HTTP connections under a policy. A name is resolved once per connection, every address it has must be public, and the
 * connection goes to the addresses that were checked, so a name server that changes its mind changes nothing.
 */
export async function guardedAgent(
  policy: AddressPolicy,
  { maxResponseBytes, resolve = systemResolve }: GuardedAgentOptions,
): Promise<Agent> {
  const { Agent, buildConnector } = await import('undici'); // slow to load, and most runs fetch nothing
  const known = buildConnector({ timeout: CONNECT_MILLISECONDS });
  const checked = buildConnector({ timeout: CONNECT_MILLISECONDS, lookup: checkedLookup(resolve) });
  const connect: buildConnector.connector = (options, callback) => {
    const { hostname, protocol, port } = options;
    const numeric = isIP(hostname) !== 0; // for these there is no lookup
    const host = isIP(hostname) === 6 ? `[${hostname}]` : hostname;
    if (policy.private?.includes(`${host}:${port || DEFAULT_PORTS[protocol]}`))
      return known(options, callback);
    if (numeric && !isPublicAddress(hostname)) return callback(notPublic(hostname, hostname), null);
    return checked(options, callback);
  };
  return new Agent({ connect, maxResponseSize: maxResponseBytes, pipelining: 1 });
}

export interface GuardedAgentOptions {
  readonly maxResponseBytes: number;
  readonly resolve?: Resolve; // default: the system's
}

/** A lookup for sockets that gives an address only when all that the name has are public. */
export function checkedLookup(resolve: Resolve): LookupFunction {
  return (name, options, callback) => {
    const found = resolve(name).then((addresses) => {
      const closed = addresses.find((address) => !isPublicAddress(address));
      if (closed !== undefined) throw notPublic(name, closed);
      if (addresses.length === 0) throw new ToolError(`The name ${name} has no address`);
      return addresses.map((address) => ({ address, family: isIP(address) }));
    });
    found.then(
      (all) => {
        const [first] = all;
        if (options.all) callback(null, all);
        else callback(null, first?.address ?? '', first?.family);
      },
      (cause) => callback(cause, []),
    );
  };
}

function notPublic(name: string, address: string): ToolError {
  const leads = name === address ? name : `${name} leads to ${address}, which`;
  return new ToolError(`${leads} is not on the public internet; it is not opened`);
}
