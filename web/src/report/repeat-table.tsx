import { Fragment } from 'preact';
import * as format from '../../../src/evaluation/format.ts';
import type { AtK, Report } from '../../../src/evaluation/report.ts';
import { MethodName } from './method-name.tsx';

/** With repeats: the chance that any of k attempts is right, and that a vote of k is. */
export function RepeatTable({ report }: { readonly report: Report }) {
  const ks = [...new Set(report.methods.flatMap(({ passAtK }) => passAtK?.map(({ k }) => k) ?? []))]
    .filter((k) => k > 1)
    .sort((a, b) => a - b);
  return (
    <section>
      <h2>Several attempts</h2>
      <p class="lead">
        Any of k attempts right (pass@k), and a vote of k right (maj@k): unbiased estimates from{' '}
        {report.repeats} attempts per problem.
      </p>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">method</th>
              {ks.map((k) => (
                <Fragment key={k}>
                  <th scope="col" class="number">
                    any of {k}
                  </th>
                  <th scope="col" class="number">
                    vote of {k}
                  </th>
                </Fragment>
              ))}
            </tr>
          </thead>
          <tbody>
            {report.methods.map(({ name, passAtK, majAtK }) => (
              <tr key={name}>
                <th scope="row">
                  <MethodName report={report} name={name} />
                </th>
                {ks.map((k) => (
                  <Fragment key={k}>
                    <Estimate estimates={passAtK} k={k} />
                    <Estimate estimates={majAtK} k={k} />
                  </Fragment>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Estimate({ estimates, k }: { readonly estimates: readonly AtK[] | undefined; readonly k: number }) {
  const found = estimates?.find((estimate) => estimate.k === k);
  if (!found) return <td class="number">–</td>;
  return (
    <td class="number">
      {format.percent(found.value)} <span class="quiet">{format.interval(found.ci)}</span>
    </td>
  );
}
