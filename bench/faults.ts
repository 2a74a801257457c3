/**
 * What becomes of calls that meet a fault: every kind of fault of the scripted server, over real sockets, streaming and not.
 *
 * 1. Once: the fault meets the first try of each call only. A retryable one should be recovered from, unless words had been
 *    streamed to the reader already; everything else should surface as a ModelError of the right kind.
 * 2. Always: the fault meets every try, and there are no retries. It should surface as a ModelError of the right kind within
 *    the total timeout + 1 s.
 *
 *   node bench/faults.ts [--json] [--calls 20]
 */
import { parseArgs } from 'node:util';
import { ModelError } from '../src/core/errors.ts';
import { complete } from '../src/core/model.ts';
import type { Streaming } from '../src/models/chat-call.ts';
import { openaiCompatible } from '../src/models/openai-compatible.ts';
import type { FaultKind } from '../src/models/scripted-server.ts';
import { faultKinds, scriptedServer } from '../src/models/scripted-server.ts';
import { EXPECTED_FAULTS } from '../test/fixtures/expected-faults.ts';

const TOTAL_SECONDS = 4;
const MODES: readonly Streaming[] = ['live', 'held', 'off'];

interface Tally {
  readonly kind: FaultKind;
  readonly expected: string;
  calls: number;
  recovered: number;
  surfaced: number; // as a ModelError of the expected kind
  misclassified: number;
  wrong: number; // answers
  longestSeconds: number; // of calls without retries
}

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, calls: { type: 'string', default: '20' } },
});
let unhandled = 0;
process.on('unhandledRejection', () => unhandled++);

const tried = new Map<string, number>();
const server = await scriptedServer({
  answer: ({ messages }) => `The answer to ${messages[0]?.text} is written here, and it is a long one.`,
  faults: ({ request }) => {
    const [kind, mode, always] = (request.messages[0]?.text ?? '').split(' ');
    const text = `${kind} ${mode} ${request.seed}`;
    const tries = (tried.get(text) ?? 0) + 1;
    tried.set(text, tries);
    return always === 'always' || tries === 1 ? faultKinds.find((known) => known === kind) : undefined;
  },
});

const tallies = await Promise.all(faultKinds.map(measure));
await server.close();
const faults = Object.values(server.stats.faults).reduce((sum, count) => sum + count, 0);
const total = (read: (tally: Tally) => number) => tallies.reduce((sum, tally) => sum + read(tally), 0);
const summary = {
  faults,
  kinds: tallies.length,
  calls: total(({ calls }) => calls),
  recovered: total(({ recovered }) => recovered),
  surfaced: total(({ surfaced }) => surfaced),
  misclassified: total(({ misclassified }) => misclassified),
  wrongAnswers: total(({ wrong }) => wrong),
  hangs: tallies.filter(({ longestSeconds }) => longestSeconds > TOTAL_SECONDS + 1).length,
  unhandledRejections: unhandled,
};
if (values.json) console.log(JSON.stringify({ summary, tallies }, null, 2));
else {
  console.log('fault                           expected       calls  recovered  surfaced  wrong  longest');
  for (const { kind, expected, calls, recovered, surfaced, misclassified, wrong, longestSeconds } of tallies)
    console.log(
      `${kind.padEnd(31)} ${expected.padEnd(14)} ${String(calls).padStart(5)} ${String(recovered).padStart(10)} ` +
        `${String(surfaced).padStart(9)} ${String(wrong + misclassified).padStart(6)} ${longestSeconds.toFixed(2).padStart(7)} s`,
    );
  console.log(summary);
}

/** Each kind has a key, and so a limiter and a breaker, of its own. */
async function measure(kind: FaultKind): Promise<Tally> {
  const tally: Tally = {
    kind,
    expected: EXPECTED_FAULTS[kind],
    calls: 0,
    recovered: 0,
    surfaced: 0,
    misclassified: 0,
    wrong: 0,
    longestSeconds: 0,
  };
  const options = {
    baseUrl: `${server.url}/v1`,
    model: 'scripted',
    timeouts: { firstByteSeconds: 1, idleSeconds: 1, totalSeconds: TOTAL_SECONDS },
    maxResponseBytes: 4 * 1024 * 1024,
  };
  for (const [turn, stream] of MODES.entries()) {
    const once = openaiCompatible({ ...options, stream, apiKey: `once ${kind}`, retries: { floor: 1_000 } });
    const calls = Math.ceil((Number(values.calls) - turn) / MODES.length);
    await Promise.all(
      Array.from({ length: calls }, (_, seed) => call(once, `${kind} ${stream} once`, seed, tally)),
    );
    await once.close();
    const always = openaiCompatible({
      ...options,
      stream,
      apiKey: `always ${kind} ${stream}`,
      retries: { retries: 0 },
    });
    for (let seed = 0; seed < 2; seed++) {
      const startedAt = performance.now();
      await call(always, `${kind} ${stream} always`, seed, tally);
      tally.longestSeconds = Math.max(tally.longestSeconds, (performance.now() - startedAt) / 1000);
    }
    await always.close();
  }
  return tally;
}

async function call(
  model: ReturnType<typeof openaiCompatible>,
  text: string,
  seed: number,
  tally: Tally,
): Promise<void> {
  tally.calls++;
  try {
    const completion = await complete(model, { messages: [{ role: 'user', text }], seed });
    if (completion.text === `The answer to ${text} is written here, and it is a long one.`) tally.recovered++;
    else tally.wrong++;
  } catch (error) {
    const kind = error instanceof ModelError ? `${error.kind}${error.retryable ? '' : '!'}` : String(error);
    if (kind === tally.expected) tally.surfaced++;
    else {
      tally.misclassified++;
      console.error(`${text}: ${error}`);
    }
  }
}
