import { useState } from 'preact/hooks';
import { ModelText } from '../text/model-text.tsx';
import { score } from '../words.ts';
import type { FollowedRun, Sample } from './training-feed.ts';

interface SamplesProps {
  readonly runs: readonly { readonly run: FollowedRun; readonly colour: number }[];
}

/** Samples that are shown of one evaluation. */
const MOST_SHOWN = 24;

/** What the policies wrote at each evaluation. */
export function Samples({ runs }: SamplesProps) {
  const withSamples = runs.filter(({ run }) => run.samples.length > 0);
  const [name, setName] = useState<string>();
  const [asked, setStep] = useState<number>(); // undefined: the latest
  const shown = withSamples.find(({ run }) => run.name === name) ?? withSamples[0];
  if (!shown) return null;
  const steps = [...new Set(shown.run.samples.map(({ step }) => step))].sort((a, b) => a - b);
  const step = asked !== undefined && steps.includes(asked) ? asked : (steps.at(-1) ?? 0);
  const samples = shown.run.samples.filter((sample) => sample.step === step);
  return (
    <section class="samples">
      <header>
        <h2>Samples</h2>
        {withSamples.length > 1 && (
          <select
            aria-label="Run"
            value={shown.run.name}
            onChange={(event) => setName(event.currentTarget.value)}
          >
            {withSamples.map(({ run }) => (
              <option key={run.name} value={run.name}>
                {run.name}
              </option>
            ))}
          </select>
        )}
        <label class="at-step">
          <span class="quiet">step {step}</span>
          <input
            type="range"
            min={0}
            max={Math.max(0, steps.length - 1)}
            value={steps.indexOf(step)}
            aria-label="Evaluation"
            aria-valuetext={`step ${step}`}
            onInput={(event) => {
              const index = Number(event.currentTarget.value);
              setStep(index === steps.length - 1 ? undefined : steps[index]);
            }}
          />
        </label>
      </header>
      <ul class="sample-list">
        {samples.slice(0, MOST_SHOWN).map((sample, index) => (
          <Written key={`${sample.problem} ${index}`} sample={sample} />
        ))}
      </ul>
      {samples.length > MOST_SHOWN && <p class="quiet">and {samples.length - MOST_SHOWN} more</p>}
    </section>
  );
}

function Written({ sample: { problem, question, text, answer, score: value } }: { readonly sample: Sample }) {
  const right = value !== undefined && value >= 0.5;
  return (
    <li class="sample">
      <p class="sample-head">
        {value !== undefined && (
          <span class={`badge ${right ? 'correct' : 'wrong'}`}>
            {right ? '✓' : '✗'} {score(value)}
          </span>
        )}
        <span class="quiet">{problem}</span>
      </p>
      {question !== undefined && <ModelText class="sample-question" text={question} />}
      <ModelText class="sample-text" text={text ?? ''} />
      {answer != null && (
        <p class="sample-answer">
          <span class="quiet">answer</span> <b>{answer}</b>
        </p>
      )}
    </li>
  );
}
