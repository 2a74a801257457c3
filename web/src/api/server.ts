/** What the server sent instead of an answer, or why nothing came, in words for a person. */
export class ApiFailure extends Error {
  readonly status: number; // 0: no answer at all

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ApiFailure';
    this.status = status;
  }
}

const KEY = 'reckon-key';

/** The key for a server that wants one; kept until the tab is closed. */
export function setKey(key: string): void {
  sessionStorage.setItem(KEY, key);
}

/** One request to the server that the page came from. Throws ApiFailure; an abort stays what it is. */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const key = sessionStorage.getItem(KEY);
  if (key) headers.set('authorization', `Bearer ${key}`);
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers });
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw new ApiFailure(0, 'The server does not answer. Is “reckon serve” still running?', { cause });
  }
  if (response.ok) return response;
  throw new ApiFailure(response.status, await reason(response));
}

/** Reads JSON of the server's own making. Throws ApiFailure. */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await request(path, signal ? { signal } : {});
  return (await response.json()) as T;
}

async function reason(response: Response): Promise<string> {
  const text = await response.text().catch(() => ''); // the connection broke; the status is all there is
  try {
    const { error } = JSON.parse(text) as { readonly error?: { readonly message?: unknown } };
    if (typeof error?.message === 'string') return error.message;
  } catch {
    // not the server's own error: a proxy in between
  }
  return `The server answered with status ${response.status}.`;
}
