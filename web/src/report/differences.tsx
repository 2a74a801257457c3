import { type Comparison, roundUp } from '../../../src/evaluation/comparison.ts';
import * as format from '../../../src/evaluation/format.ts';
import type { Report } from '../../../src/evaluation/report.ts';
import { MethodName } from './method-name.tsx';
import { differenceScale, type Scale, share } from './scales.ts';

/** Forest plot: every tested difference on one axis. */
export function Differences({ report }: { readonly report: Report }) {
  const scale = differenceScale(report.comparisons.map(({ ci }) => ci));
  const groups = [...Map.groupBy(report.comparisons, ({ a }) => a)];
  return (
    <section>
      <h2>Differences</h2>
      <p class="lead">
        Points of accuracy on the same problems, with 95 % intervals.{' '}
        {report.comparisons.length > 1 && 'p-values are corrected for all comparisons here (Holm). '}A
        difference counts as shown below p = .05.
      </p>
      <div class="scroll">
        <table class="differences">
          <thead>
            <tr>
              <td />
              <th scope="col" class="wide">
                <Axis scale={scale} />
              </th>
              <th scope="col" class="number">
                points
              </th>
              <th scope="col" class="number">
                95 % CI
              </th>
              <th scope="col" class="number">
                p
              </th>
              <th scope="col" class="number">
                tokens
              </th>
              <th scope="col">shown?</th>
            </tr>
          </thead>
          {groups.map(([a, group]) => (
            <tbody key={a}>
              <tr class="group">
                <th scope="rowgroup" colSpan={7}>
                  <span class="quiet">against</span> <MethodName report={report} name={a} />
                </th>
              </tr>
              {group.map((comparison) => (
                <tr key={comparison.b}>
                  <th scope="row" class="inner">
                    <MethodName report={report} name={comparison.b} />
                  </th>
                  <td class="wide">
                    <Forest comparison={comparison} scale={scale} />
                  </td>
                  <td class="number strong">{format.signedPoints(comparison.delta)}</td>
                  <td class="number quiet">{format.interval(comparison.ci)}</td>
                  <td class="number">{format.pFigure(comparison.pHolm)}</td>
                  <td class="number">
                    {comparison.costRatio === null ? '–' : format.ratio(comparison.costRatio)}
                  </td>
                  <td>
                    <Verdict comparison={comparison} />
                  </td>
                </tr>
              ))}
            </tbody>
          ))}
        </table>
      </div>
    </section>
  );
}

interface ForestProps {
  readonly comparison: Pick<Comparison, 'delta' | 'ci' | 'better'>;
  readonly scale: Scale;
}

/** One difference with its 95 % interval, on the common axis. */
function Forest({ comparison: { delta, ci, better }, scale: { at, ticks } }: ForestProps) {
  const verdict = better === 'b' ? 'better' : better === 'a' ? 'worse' : 'unclear';
  return (
    <svg class={`forest ${verdict}`} aria-hidden="true">
      {ticks.map((tick) => (
        <line key={tick} class="grid" x1={share(at(tick))} x2={share(at(tick))} y1="0" y2="100%" />
      ))}
      <line class="zero" x1={share(at(0))} x2={share(at(0))} y1="0" y2="100%" />
      <line class="interval" x1={share(at(ci[0]))} x2={share(at(ci[1]))} y1="50%" y2="50%" />
      <circle cx={share(at(delta))} cy="50%" r="5" />
    </svg>
  );
}

function Axis({ scale: { at, ticks } }: { readonly scale: Scale }) {
  return (
    <svg class="forest ticks" aria-hidden="true">
      {ticks.map((tick) => (
        <text key={tick} x={share(at(tick))} y="14" text-anchor="middle">
          {tick === 0 ? '0' : format.signedPoints(tick).replace(/\.0$/, '')}
        </text>
      ))}
    </svg>
  );
}

function Verdict({ comparison: { better, needed } }: { readonly comparison: Comparison }) {
  if (better === 'b') return <span class="verdict better">better</span>;
  if (better === 'a') return <span class="verdict worse">worse</span>;
  if (needed === null) return <span class="verdict unclear">no difference</span>;
  return <span class="verdict unclear">no; needs about {format.count(roundUp(needed))}</span>;
}
