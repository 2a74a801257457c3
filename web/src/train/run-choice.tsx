import type { TrainingList } from '../api/types.ts';
import { moment } from '../words.ts';

interface RunChoiceProps {
  readonly runs: TrainingList['runs'];
  readonly chosen: readonly string[];
  readonly order: readonly string[]; // decides the colours
  readonly onChoose: (names: readonly string[]) => void;
}

/** A run that was written to within this counts as at work, milliseconds. */
const FRESH = 20_000;

/** The runs of training, the one written to last first; any number of them can be shown. */
export function RunChoice({ runs, chosen, order, onChoose }: RunChoiceProps) {
  return (
    <fieldset class="run-choice">
      <legend>Training runs</legend>
      {runs.map(({ name, updatedAt }) => {
        const live = Date.now() - new Date(updatedAt).getTime() < FRESH;
        return (
          <label key={name} class={`m${1 + (order.indexOf(name) % 7)}`}>
            <input
              type="checkbox"
              checked={chosen.includes(name)}
              onChange={() =>
                onChoose(chosen.includes(name) ? chosen.filter((other) => other !== name) : [...chosen, name])
              }
            />
            <span class="method">{name}</span>
            <span class={live ? 'when live' : 'when'}>{live ? 'at work' : moment(updatedAt)}</span>
          </label>
        );
      })}
    </fieldset>
  );
}
