import type { MethodInfo } from '../api/types.ts';
import { type MethodChoice, noMethod } from './method-spec.ts';

interface MethodFieldProps {
  readonly methods: readonly MethodInfo[];
  readonly spec: string;
  readonly choice: MethodChoice | undefined; // undefined: the spec is typed by hand
  readonly onSpec: (spec: string) => void;
  readonly onChoice: (choice: MethodChoice) => void;
}

/** Chooses a method from the list, or takes a spec that is typed. */
export function MethodField({ methods, spec, choice, onSpec, onChoice }: MethodFieldProps) {
  return (
    <div class="field">
      <label for="method">Method</label>
      {choice ? (
        <select
          id="method"
          value={choice.name}
          onChange={(event) => onChoice({ ...noMethod, name: event.currentTarget.value })}
        >
          <option value="">none: the model alone</option>
          {methods.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      ) : (
        <input
          id="method"
          class="mono"
          value={spec}
          spellcheck={false}
          autocomplete="off"
          placeholder="sc@8(pal), tot{breadth=3} …"
          maxLength={200}
          onInput={(event) => onSpec(event.currentTarget.value)}
        />
      )}
    </div>
  );
}

interface MethodHintProps {
  readonly method: MethodInfo | undefined;
  readonly typed: boolean;
}

/** What a method does, in a sentence, where it comes from, and what it costs. */
export function MethodHint({ method, typed }: MethodHintProps) {
  if (!method)
    return (
      <p class="hint quiet">
        {typed
          ? 'A name, with @count, (inner method) and {option=value,…} where wanted.'
          : 'The question goes to the model as it is.'}
      </p>
    );
  return (
    <p class="hint">
      {capital(method.summary)}.{' '}
      <span class="quiet">
        {method.paper}. Calls: {method.calls}.
      </span>
    </p>
  );
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
