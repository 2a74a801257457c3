import type { Model, SampleRequest, Usage } from '../../core/model.ts';
import { addUsage, noUsage } from '../../core/model.ts';
import { CHARACTERS_PER_TOKEN, estimatePromptTokens } from '../../models/estimate-tokens.ts';

/** What a token of a model has cost so far, for the calls that end before they say. */
export interface Going {
  tokens: number;
  usd: number;
}

/**
 * Counts what one request spends upstream and how long it waits there. It is the one source of the usage in the answer,
 * in the log and in the key's account, so the three agree. A call that was cut short is counted as estimated: its prompt,
 * and the words that had come.
 */
export class Meter {
  readonly startedAt = performance.now();
  #usage: Usage = noUsage;
  #open = 0;
  #waitsSince = 0;
  #waited = 0;

  get usage(): Usage {
    return this.#usage;
  }

  /** Milliseconds since the request came. */
  get elapsed(): number {
    return performance.now() - this.startedAt;
  }

  /** Milliseconds of it in which no call was waited for. */
  get overhead(): number {
    const waiting = this.#open > 0 ? performance.now() - this.#waitsSince : 0;
    return Math.max(0, this.elapsed - this.#waited - waiting);
  }

  /** Counts a call that was made without a model of ours. */
  add(usage: Usage): void {
    this.#usage = addUsage(this.#usage, usage);
  }

  /** The model with every call counted. `change` is applied to each request on its way. */
  count(model: Model, going: Going, change?: (request: SampleRequest) => SampleRequest): Model {
    const meter = this;
    return {
      id: model.id,
      async *sample(asked) {
        const request = change ? change(asked) : asked;
        let characters = 0;
        let ended = false;
        meter.#begin();
        try {
          for await (const event of model.sample(request)) {
            if (event.type === 'sample-end') {
              ended = true;
              meter.#end();
              meter.#add(event.completion.usage, going);
            } else characters += (event.type === 'tool-call-delta' ? event.input : event.text).length;
            yield event;
          }
        } finally {
          if (!ended) {
            meter.#end();
            if (characters > 0 || request.signal?.aborted) meter.#addCut(request, characters, going);
          }
        }
      },
    };
  }

  #begin(): void {
    if (this.#open++ === 0) this.#waitsSince = performance.now();
  }

  #end(): void {
    if (--this.#open === 0) this.#waited += performance.now() - this.#waitsSince;
  }

  #add(usage: Usage, going: Going): void {
    this.#usage = addUsage(this.#usage, usage);
    if (usage.usd === undefined) return;
    going.tokens += usage.promptTokens + usage.completionTokens;
    going.usd += usage.usd;
  }

  #addCut(request: SampleRequest, characters: number, going: Going): void {
    const promptTokens = estimatePromptTokens(request);
    const completionTokens = Math.ceil(characters / CHARACTERS_PER_TOKEN);
    const known =
      going.tokens > 0 ? (going.usd / going.tokens) * (promptTokens + completionTokens) : undefined;
    this.#usage = addUsage(this.#usage, {
      calls: 1,
      promptTokens,
      completionTokens,
      ...(known !== undefined && { usd: known }),
      estimated: true,
    });
  }
}
