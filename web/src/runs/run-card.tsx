import * as format from '../../../src/evaluation/format.ts';
import type { Report } from '../../../src/evaluation/report.ts';
import { hrefTo } from '../router.ts';
import { moment } from '../words.ts';

/** A run in a few lines: what it was, and how each of its methods did. */
export function RunCard({ report }: { readonly report: Report }) {
  const { run, dataset, split, model, n, repeats, seed, limits, startedAt, methods } = report;
  const bounds = Object.entries(limits).map(([name, value]) => `${value} ${name}`);
  return (
    <section class="run-card" aria-label={`Run ${run}`}>
      <h2>
        <a href={hrefTo(['runs', run])}>{run}</a>
      </h2>
      <p class="run-facts">
        {[
          `${dataset} ${split}`,
          repeats > 1 ? `${format.plural(n, 'problem')} × ${repeats}` : format.plural(n, 'problem'),
          model,
          `seed ${seed}`,
          ...(bounds.length > 0 ? [bounds.join(', ')] : []),
          ...(startedAt === undefined ? [] : [moment(startedAt)]),
        ].map((fact) => (
          <span key={fact}>{fact}</span>
        ))}
      </p>
      <table>
        <tbody>
          {methods.map(({ name, accuracy, ci, perAttempt }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td class="number strong">{format.percent(accuracy)}</td>
              <td class="number quiet">{format.interval(ci)}</td>
              <td class="number quiet">{format.compact(perAttempt.tokens)} tok</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
