import { closeSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { InputError, ModelError } from '../core/errors.ts';
import type { Completion, Model, SampleRequest } from '../core/model.ts';
import { completionEvents } from './completion-events.ts';
import { sampleKey } from './sample-key.ts';

/** One line of a recording. */
interface Line {
  readonly key: string; // sampleKey of the request, with its seed
  readonly completion: Completion;
}

/** A sample to put into a recording without a call: what an importer makes of other people's model output. */
export interface ImportedSample {
  readonly request: SampleRequest; // as our methods send it; `index` counts samples of equal requests from 0
  readonly text: string;
  readonly completion?: Partial<Completion>;
}

/** Recordings larger than this are refused, in bytes. */
const LARGEST_RECORDING = 512 * 1024 * 1024;

/**
 * Replays a recording: `path` of a .jsonl file that `withRecording` wrote, or samples of an importer. Usage is what the
 * recorded call cost. A request that is not in it throws ModelError of kind `not-recorded`, which quotes the request.
 */
export function recorded(source: string | Iterable<ImportedSample>, id = 'recorded'): Model {
  const completions = typeof source === 'string' ? readRecording(source) : importSamples(source);
  return {
    id,
    async *sample(request) {
      request.signal?.throwIfAborted();
      const found =
        completions.get(sampleKey('', request, { withSeed: true })) ??
        completions.get(sampleKey('', bare(request), { withSeed: false }));
      if (!found) throw notRecorded(id, request);
      yield* completionEvents({ ...found, replayed: true }, request.signal);
    },
  };
}

/** Writes every completion of `model` to a .jsonl file as it finishes; replay it with `recorded`. */
export function withRecording(model: Model, path: string): Model & { close(): void } {
  const file = openSync(path, 'a');
  return {
    id: model.id,
    async *sample(request) {
      for await (const event of model.sample(request)) {
        if (event.type === 'sample-end') {
          const { tokens: _tokens, ...completion } = event.completion;
          const line: Line = { key: sampleKey('', request, { withSeed: true }), completion };
          writeSync(file, `${JSON.stringify(line)}\n`);
        }
        yield event;
      }
    },
    close() {
      fsyncSync(file);
      closeSync(file);
    },
  };
}

/** What imported samples are told apart by: the words, not the sampling settings, which their authors chose. */
function bare({ messages, index, tools }: SampleRequest): SampleRequest {
  return { messages, ...(index !== undefined && { index }), ...(tools && { tools }) };
}

function importSamples(samples: Iterable<ImportedSample>): Map<string, Completion> {
  const completions = new Map<string, Completion>();
  for (const { request, text, completion } of samples)
    completions.set(sampleKey('', bare(request), { withSeed: false }), {
      text,
      finish: 'stop',
      usage: estimatedUsage(request, text),
      ...completion,
    });
  return completions;
}

/** Tokens at four characters each, price unknown: the importer's files do not say. */
function estimatedUsage(request: SampleRequest, text: string) {
  const characters = request.messages.reduce((sum, message) => sum + message.text.length, 0);
  return { calls: 1, promptTokens: Math.ceil(characters / 4), completionTokens: Math.ceil(text.length / 4) };
}

function readRecording(path: string): Map<string, Completion> {
  let text: string;
  try {
    const { size } = statSync(path);
    if (size > LARGEST_RECORDING)
      throw new InputError(`The recording ${path} has ${size} bytes; at most ${LARGEST_RECORDING} are read`);
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError(`Cannot read the recording ${path}: ${(cause as Error).message}`, { cause });
  }
  const completions = new Map<string, Completion>();
  const lines = text.split('\n');
  lines.forEach((line, index) => {
    if (line.trim() === '') return;
    try {
      const { key, completion } = JSON.parse(line) as Line;
      if (typeof key !== 'string' || typeof completion?.text !== 'string')
        throw new TypeError('not a recorded sample');
      completions.set(key, completion);
    } catch (cause) {
      // a recording that was cut off by a crash ends in half a line: everything before it stands
      if (index === lines.length - 1) return;
      throw new InputError(
        `Line ${index + 1} of the recording ${path} is damaged: ${(cause as Error).message}`,
        { cause },
      );
    }
  });
  return completions;
}

function notRecorded(id: string, request: SampleRequest): ModelError {
  const last = request.messages.at(-1)?.text ?? '';
  const shown = last.length > 160 ? `${last.slice(0, 80)} … ${last.slice(-70)}` : last;
  return new ModelError(
    `${id} holds no sample ${request.index ?? 0} of the request ${JSON.stringify(shown)}; record it, or ask only what was recorded`,
    { kind: 'not-recorded' },
  );
}
