import { ApiError } from './api-error.ts';
import { Bucket } from './bucket.ts';
import type { KeyRecord } from './keys.ts';
import { KeyRing } from './keys.ts';
import { MOST_ADDRESSES, MOST_WRONG_KEYS } from './limits.ts';

export interface AccessOptions {
  /** File of keys, followed as it changes. */
  readonly keyFile?: string;
  /** Keys given outright, where there is no file. */
  readonly keys?: readonly KeyRecord[];
  /** Whether a request without a key is let in: only where nobody else can connect. */
  readonly open: boolean;
  /** Host names this server answers to. Absent: any. */
  readonly hosts?: readonly string[];
  /** What keys have spent before, in USD, by key id. */
  readonly spent?: ReadonlyMap<string, number>;
}

/** Who asks: a key with what it may still do, or nobody in particular. */
export interface Caller {
  readonly id: string; // of the key; `` for nobody in particular
  readonly name: string;
  /** Whether it may only spend so much money, so that every price has to be known. */
  readonly hasMoneyLimit: boolean;
  /** Rate-limit headers as they stand now. */
  headers(): Readonly<Record<string, string>>;
  /** Counts what a request came to, once it is over. */
  charge(tokens: number, usd: number | undefined): void;
}

interface Account {
  readonly requests: Bucket | undefined;
  readonly tokens: Bucket | undefined;
  usd: number;
}

/** Lets requests in, or says why not: host, origin, key, rate, money. */
export class Access {
  readonly #options: AccessOptions;
  readonly #ring: KeyRing;
  readonly #accounts = new Map<string, Account>();
  readonly #wrong = new Map<string, Bucket>(); // by address

  constructor(options: AccessOptions) {
    this.#options = options;
    this.#ring = new KeyRing(options.keyFile, options.keys);
  }

  /** Checks that the request was meant for this server and not sent by a page of another one. */
  checkOrigin(request: Request): void {
    const { hosts } = this.#options;
    const host = request.headers.get('host') ?? new URL(request.url).host;
    if (hosts && !hosts.includes(hostName(host)))
      throw new ApiError(
        403,
        `This server does not answer to the host ${JSON.stringify(host.slice(0, 100))}; start it with --allow-host`,
        {
          code: 'host_not_allowed',
        },
      );
    const origin = request.headers.get('origin');
    if (origin === null || URL.parse(origin)?.host === host) return;
    throw new ApiError(403, `Pages of ${JSON.stringify(origin.slice(0, 100))} may not use this server`, {
      code: 'origin_not_allowed',
    });
  }

  /** Who asks. Throws 401, or 429 when the address has guessed too often. */
  identify(request: Request, address: string): Caller {
    const given = /^bearer\s+(\S{1,512})\s*$/i.exec(request.headers.get('authorization') ?? '')?.[1];
    if (this.#options.open && this.#ring.empty) return NOBODY;
    const guesses = this.#wrong.get(address);
    const wait = guesses?.secondsUntil(1) ?? 0;
    if (wait > 0) throw tooMany('wrong keys from this address', wait);
    const record = given === undefined ? undefined : this.#ring.find(given);
    if (record) return this.#caller(record);
    if (this.#options.open && given === undefined) return NOBODY;
    if (given !== undefined) this.#wrongKey(address);
    throw new ApiError(
      401,
      given === undefined
        ? 'This server wants a key: send it as Authorization: Bearer <key> (reckon keys add makes one)'
        : 'The key is not one of this server; reckon keys add makes one',
      { code: 'invalid_api_key', headers: { 'www-authenticate': 'Bearer' } },
    );
  }

  /** Takes one request from the key's allowance. Throws 429 when there is none, or its money is spent. */
  admit(caller: Caller): void {
    if (caller instanceof KeyCaller) caller.admit();
  }

  #caller(record: KeyRecord): KeyCaller {
    let account = this.#accounts.get(record.id);
    if (!account) {
      const { requestsPerMinute, tokensPerMinute } = record;
      account = {
        requests: requestsPerMinute === undefined ? undefined : new Bucket(requestsPerMinute),
        tokens: tokensPerMinute === undefined ? undefined : new Bucket(tokensPerMinute),
        usd: this.#options.spent?.get(record.id) ?? 0,
      };
      this.#accounts.set(record.id, account);
    }
    return new KeyCaller(record, account);
  }

  #wrongKey(address: string): void {
    let guesses = this.#wrong.get(address);
    if (!guesses) {
      if (this.#wrong.size >= MOST_ADDRESSES) this.#wrong.delete(this.#wrong.keys().next().value as string);
      guesses = new Bucket(MOST_WRONG_KEYS);
      this.#wrong.set(address, guesses);
    }
    guesses.take(1);
  }
}

const NOBODY: Caller = { id: '', name: '', hasMoneyLimit: false, headers: () => ({}), charge: () => {} };

class KeyCaller implements Caller {
  readonly id: string;
  readonly name: string;
  readonly #record: KeyRecord;
  readonly #account: Account;

  constructor(record: KeyRecord, account: Account) {
    this.id = record.id;
    this.name = record.name;
    this.#record = record;
    this.#account = account;
  }

  get hasMoneyLimit(): boolean {
    return this.#record.usd !== undefined;
  }

  admit(): void {
    const { requests, tokens, usd } = this.#account;
    const limit = this.#record.usd;
    if (limit !== undefined && usd >= limit)
      throw new ApiError(429, `This key has spent its $${limit}`, {
        type: 'insufficient_quota',
        code: 'insufficient_quota',
        headers: { 'x-should-retry': 'false' },
      });
    const wait = requests?.secondsUntil(1) ?? 0;
    if (requests && wait > 0)
      throw tooMany(`requests: this key may make ${requests.limit} a minute`, wait, this.headers());
    const pause = tokens?.secondsUntil(1) ?? 0;
    if (tokens && pause > 0)
      throw tooMany(`tokens: this key may use ${tokens.limit} a minute`, pause, this.headers());
    requests?.take(1);
  }

  headers(): Record<string, string> {
    const headers: Record<string, string> = {};
    for (const [name, bucket] of [
      ['requests', this.#account.requests] as const,
      ['tokens', this.#account.tokens] as const,
    ]) {
      if (!bucket) continue;
      headers[`x-ratelimit-limit-${name}`] = String(bucket.limit);
      headers[`x-ratelimit-remaining-${name}`] = String(bucket.remaining());
      headers[`x-ratelimit-reset-${name}`] = `${bucket.secondsUntil(bucket.limit).toFixed(3)}s`;
    }
    return headers;
  }

  charge(tokens: number, usd: number | undefined): void {
    this.#account.tokens?.take(tokens);
    this.#account.usd += usd ?? 0;
  }
}

function tooMany(what: string, seconds: number, headers: Readonly<Record<string, string>> = {}): ApiError {
  return new ApiError(429, `Too many ${what}; try again in ${Math.max(0.1, seconds).toFixed(1)} s`, {
    type: 'rate_limit_error',
    code: 'rate_limit_exceeded',
    headers: {
      ...headers,
      'retry-after': String(Math.ceil(seconds)),
      'retry-after-ms': String(Math.ceil(seconds * 1000)),
    },
  });
}

/** The name in a Host header, without the port and the brackets of an address. */
function hostName(host: string): string {
  const name = host.replace(/:\d{1,5}$/, '').toLowerCase();
  return name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name;
}
