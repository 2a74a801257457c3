import { useState } from 'preact/hooks';
import * as format from '../../../src/evaluation/format.ts';
import type { Report } from '../../../src/evaluation/report.ts';
import { type CostUnit, FrontierChart } from './frontier-chart.tsx';
import { MethodName } from './method-name.tsx';

const UNITS: readonly { readonly unit: CostUnit; readonly name: string }[] = [
  { unit: 'tokens', name: 'tokens' },
  { unit: 'usd', name: 'dollars' },
];

/** Accuracy against cost, in tokens or in dollars where every price is known. */
export function FrontierSection({ report }: { readonly report: Report }) {
  const [unit, setUnit] = useState<CostUnit>('tokens');
  const priced = report.methods.every(({ usd }) => usd !== null) && report.methods.some(({ usd }) => usd);
  const [only] = report.frontier;
  return (
    <section>
      <h2>Accuracy and cost</h2>
      <p class="lead">
        Mean of {format.plural(report.n, 'problem')} with 95 % intervals.{' '}
        {report.frontier.length === 1 && only !== undefined ? (
          <>
            Only <MethodName report={report} name={only} /> is on the frontier
          </>
        ) : (
          'The line is the frontier'
        )}
        : no other method is both cheaper and better.
      </p>
      {priced && (
        <fieldset class="pills">
          <legend class="unseen">Cost in</legend>
          {UNITS.map(({ unit: each, name }) => (
            <label key={each} class="pill">
              <input type="radio" name="unit" checked={unit === each} onChange={() => setUnit(each)} />
              {name}
            </label>
          ))}
        </fieldset>
      )}
      <div class="chart">
        <FrontierChart report={report} unit={unit} />
      </div>
      <ul class="legend">
        {report.methods.map(({ name }) => (
          <li key={name}>
            <MethodName report={report} name={name} />
          </li>
        ))}
      </ul>
    </section>
  );
}
