import { useState } from 'preact/hooks';
import type { Limits } from '../../../src/core/budget.ts';
import type { Catalog } from '../api/types.ts';
import type { Asking } from './ask-session.ts';
import { examplesFor } from './examples.ts';
import { MethodField, MethodHint } from './method-field.tsx';
import { MethodOptions } from './method-options.tsx';
import { choiceOf, type MethodChoice, specOf } from './method-spec.ts';

interface AskFormProps {
  readonly catalog: Catalog;
  readonly asking: Asking;
  readonly working: boolean;
  readonly fresh: boolean; // nothing has been asked yet
  readonly onChange: (asking: Asking) => void;
  readonly onAsk: (asking: Asking) => void;
  readonly onStop: () => void;
}

const LIMITS = [
  { name: 'tokens', step: 1, minimum: 1 },
  { name: 'calls', step: 1, minimum: 1 },
  { name: 'seconds', step: 'any', minimum: 0.1, maximum: 300 },
  { name: 'usd', step: 'any', minimum: 0 },
] as const satisfies readonly { name: keyof Limits; [key: string]: unknown }[];

/** Question, model, method and limits. ⌘ or Ctrl with Enter asks. */
export function AskForm({ catalog, asking, working, fresh, onChange, onAsk, onStop }: AskFormProps) {
  const { question, model, method } = asking;
  const { methods } = catalog;
  const [typed, setTyped] = useState(false);
  const choice = choiceOf(method, methods);
  const info = methods.find(({ name }) => name === choice?.name);
  const byHand = typed || !choice;
  const choose = (next: MethodChoice) => onChange({ ...asking, method: specOf(next, methods) });
  const ready = question.trim() !== '' && !working;
  return (
    <form
      class="ask-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) onAsk(asking);
      }}
    >
      <div class="field">
        <label for="question">Question</label>
        <textarea
          id="question"
          rows={2}
          value={question}
          placeholder="Something with an answer that can be checked"
          onInput={(event) => onChange({ ...asking, question: event.currentTarget.value })}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || !(event.metaKey || event.ctrlKey) || !ready) return;
            event.preventDefault();
            onAsk(asking);
          }}
        />
        {fresh && (
          <p class="examples">
            <span class="quiet">Try</span>
            {examplesFor(model).map((example) => (
              <button
                type="button"
                class="example"
                key={example.question}
                title={example.question}
                onClick={() => onChange({ ...asking, question: example.question, method: example.method })}
              >
                {example.question}
              </button>
            ))}
          </p>
        )}
      </div>
      <div class="choices">
        <div class="field">
          <label for="model">Model</label>
          <select
            id="model"
            value={model}
            onChange={(event) => onChange({ ...asking, model: event.currentTarget.value })}
          >
            {catalog.models.map((id) => (
              <option key={id} value={id}>
                {id}
              </option>
            ))}
          </select>
        </div>
        <MethodField
          methods={methods}
          spec={method}
          choice={byHand ? undefined : choice}
          onSpec={(spec) => onChange({ ...asking, method: spec })}
          onChoice={choose}
        />
      </div>
      <MethodHint method={info} typed={byHand} />
      <div class="extras">
        {info && choice && !byHand && (
          <MethodOptions methods={methods} method={info} choice={choice} onChange={choose} />
        )}
        <Limited asking={asking} onChange={onChange} />
        {(info || byHand) && (
          <button type="button" class="link" onClick={() => setTyped(!byHand)} disabled={byHand && !choice}>
            {byHand ? 'Choose from a list' : 'Type it instead'}
          </button>
        )}
      </div>
      <div class="actions">
        {working ? (
          <button type="button" class="primary stop" onClick={onStop}>
            Stop
          </button>
        ) : (
          <button type="submit" class="primary" disabled={!ready}>
            Ask
          </button>
        )}
        <p class="model-id quiet" title="The model id that any OpenAI client can use">
          <code>{method === '' ? model : `${model}+${method}`}</code>
        </p>
      </div>
    </form>
  );
}

interface LimitedProps {
  readonly asking: Asking;
  readonly onChange: (asking: Asking) => void;
}

/** What may be spent at the most, and the seed. */
function Limited({ asking, onChange }: LimitedProps) {
  const { limits, seed } = asking;
  const limited = Object.keys(limits).length + (seed === undefined ? 0 : 1);
  return (
    <details class="options limits">
      <summary>Limits {limited > 0 && <span class="quiet set">{limitWords(asking)}</span>}</summary>
      <div class="option-grid">
        {LIMITS.map(({ name, step, minimum, ...rest }) => (
          <label class="option" key={name}>
            <span>{name}</span>
            <input
              type="number"
              min={minimum}
              step={step}
              {...('maximum' in rest && { max: rest.maximum })}
              placeholder="none"
              value={limits[name] ?? ''}
              onInput={(event) =>
                onChange({ ...asking, limits: withLimit(limits, name, event.currentTarget.value) })
              }
            />
          </label>
        ))}
        <label class="option">
          <span>seed</span>
          <input
            type="number"
            step={1}
            placeholder="any"
            value={seed ?? ''}
            onInput={(event) => onChange(withSeed(asking, event.currentTarget.value))}
          />
        </label>
      </div>
    </details>
  );
}

function limitWords({ limits, seed }: Asking): string {
  const parts = Object.entries(limits).map(([name, value]) => `${value} ${name}`);
  return [...parts, ...(seed === undefined ? [] : [`seed ${seed}`])].join(', ');
}

function withLimit(limits: Limits, name: keyof Limits, written: string): Limits {
  const { [name]: _before, ...rest } = limits;
  const value = Number(written);
  return written === '' || !Number.isFinite(value) ? rest : { ...rest, [name]: value };
}

function withSeed({ seed: _before, ...rest }: Asking, written: string): Asking {
  const value = Number(written);
  return written === '' || !Number.isSafeInteger(value) ? rest : { ...rest, seed: value };
}
