import * as format from '../../../src/evaluation/format.ts';
import type { MethodReport, Report } from '../../../src/evaluation/report.ts';
import { ENDINGS, EndingsBar } from './endings.tsx';
import { MethodName } from './method-name.tsx';

/** One line per method: accuracy, how attempts ended, and what one attempt costs. */
export function MethodTable({ report }: { readonly report: Report }) {
  const { methods } = report;
  const used = ENDINGS.filter(({ key }) => methods.some((method) => method[key] > 0));
  const priced = methods.some(({ usd }) => usd !== null);
  const timed = methods.some(({ seconds }) => seconds !== null);
  return (
    <section>
      <h2>Methods</h2>
      <p class="key-line">
        {used.map(({ key, name }) => (
          <span key={key}>
            <span class={`swatch ending-${key}`} />
            {name}
          </span>
        ))}
      </p>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">method</th>
              <th scope="col" class="number">
                right
              </th>
              <th scope="col" class="number">
                95 % CI
              </th>
              <th scope="col" class="wide">
                how attempts ended
              </th>
              <th scope="col" class="number">
                tokens
              </th>
              <th scope="col" class="number">
                calls
              </th>
              {priced && (
                <th scope="col" class="number">
                  usd
                </th>
              )}
              {timed && (
                <>
                  <th scope="col" class="number">
                    median time
                  </th>
                  <th scope="col" class="number">
                    p95
                  </th>
                </>
              )}
            </tr>
          </thead>
          <tbody>
            {methods.map((method) => (
              <tr key={method.name}>
                <th scope="row">
                  <MethodName report={report} name={method.name} />
                </th>
                <td class="number strong">{format.percent(method.accuracy)}</td>
                <td class="number quiet">{format.interval(method.ci)}</td>
                <td class="wide">
                  <EndingsBar method={method} />
                </td>
                <td class="number">{format.compact(method.perAttempt.tokens)}</td>
                <td class="number">{format.compact(method.perAttempt.calls)}</td>
                {priced && (
                  <td class="number">
                    {method.perAttempt.usd === null ? 'unknown' : format.money(method.perAttempt.usd)}
                  </td>
                )}
                {timed && <Times method={method} />}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="small">Tokens, calls and dollars are means per attempt; every hidden sample counts.</p>
    </section>
  );
}

function Times({ method: { seconds } }: { readonly method: MethodReport }) {
  return (
    <>
      <td class="number">{seconds ? format.duration(seconds.p50) : '–'}</td>
      <td class="number">{seconds ? format.duration(seconds.p95) : '–'}</td>
    </>
  );
}
