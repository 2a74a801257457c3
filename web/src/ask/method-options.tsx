import type { OptionSpec } from '../../../src/core/catalog-entry.ts';
import type { MethodInfo } from '../api/types.ts';
import { type MethodChoice, readValue, withOption } from './method-spec.ts';

interface MethodOptionsProps {
  readonly methods: readonly MethodInfo[];
  readonly method: MethodInfo;
  readonly choice: MethodChoice;
  readonly onChange: (choice: MethodChoice) => void;
}

/** The options of a method, each with its range and meaning. */
export function MethodOptions({ methods, method, choice, onChange }: MethodOptionsProps) {
  const names = Object.keys(method.options);
  if (names.length === 0 && !method.wraps) return null;
  const changed = Object.keys(choice.options).length + (choice.inner === '' ? 0 : 1);
  return (
    <details class="options">
      <summary>Options {changed > 0 && <span class="quiet set">{changed} set</span>}</summary>
      <div class="option-grid">
        {method.wraps && (
          <label class="option">
            <span>over</span>
            <select
              value={choice.inner}
              onChange={(event) => onChange({ ...choice, inner: event.currentTarget.value })}
            >
              <option value="">its own default</option>
              {methods
                .filter(({ wraps }) => !wraps)
                .map(({ name }) => (
                  <option key={name} value={name}>
                    {name}
                  </option>
                ))}
            </select>
            <small>the method that each sample runs</small>
          </label>
        )}
        {Object.entries(method.options).map(([name, spec]) => (
          <Option
            key={name}
            name={name}
            spec={spec}
            value={choice.options[name] ?? spec.default}
            onChange={(value) => onChange(withOption(choice, name, spec, value))}
          />
        ))}
      </div>
    </details>
  );
}

interface OptionProps {
  readonly name: string;
  readonly spec: OptionSpec;
  readonly value: string | number | boolean | undefined;
  readonly onChange: (value: string | number | boolean | undefined) => void;
}

function Option({ name, spec, value, onChange }: OptionProps) {
  if (spec.type === 'boolean')
    return (
      <label class="option check">
        <input
          type="checkbox"
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
        <span>{name}</span>
        <small>{spec.summary}</small>
      </label>
    );
  const words = spec.type !== 'integer' && spec.type !== 'number' ? spec.type : undefined;
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the one it holds is either of two
    <label class="option">
      <span>{name}</span>
      {words ? (
        <select value={String(value ?? '')} onChange={(event) => onChange(event.currentTarget.value)}>
          {words.map((word) => (
            <option key={word} value={word}>
              {word}
            </option>
          ))}
        </select>
      ) : (
        <input
          type="number"
          value={value === undefined ? '' : String(value)}
          step={spec.type === 'integer' ? 1 : 'any'}
          {...(spec.minimum !== undefined && { min: spec.minimum })}
          {...(spec.maximum !== undefined && { max: spec.maximum })}
          onInput={(event) => {
            const written = event.currentTarget.value;
            onChange(written === '' ? undefined : readValue(spec, written));
          }}
        />
      )}
      <small>{spec.summary}</small>
    </label>
  );
}
