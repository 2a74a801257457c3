import * as format from '../../../src/evaluation/format.ts';
import type { MethodReport, Report } from '../../../src/evaluation/report.ts';
import { staircase } from './frontier.ts';
import { methodColour } from './method-name.tsx';
import { type Point, placeLabels } from './place-labels.ts';
import { logScale, share, shareScale } from './scales.ts';

/** What the horizontal axis shows, per attempt. */
export type CostUnit = 'tokens' | 'usd';

interface FrontierChartProps {
  readonly report: Report;
  readonly unit: CostUnit;
}

interface Drawn extends Point {
  readonly method: MethodReport;
  readonly colour: string;
  readonly onFrontier: boolean;
}

/**
 * Accuracy against cost on a logarithmic axis, 95 % intervals, and the staircase of the best accuracy for the money. Places are
 * percentages, so that the chart fills any width while text and strokes keep their size.
 */
export function FrontierChart({ report, unit }: FrontierChartProps) {
  const measured = report.methods.filter(
    (method) => method.attempts > 0 && (method.perAttempt[unit] ?? 0) > 0,
  );
  if (measured.length === 0) return <p class="quiet">No attempt has a cost to show.</p>;
  const cost = (method: MethodReport) => method.perAttempt[unit] ?? 0;
  const across = logScale(Math.min(...measured.map(cost)), Math.max(...measured.map(cost)));
  const up = shareScale(
    Math.min(...measured.map(({ ci }) => ci[0])),
    Math.max(...measured.map(({ ci }) => ci[1])),
  );
  const points = measured.map(
    (method): Drawn => ({
      method,
      name: method.name,
      colour: methodColour(report.methods.indexOf(method)),
      x: across.at(cost(method)),
      y: 1 - up.at(method.accuracy),
      top: 1 - up.at(method.ci[1]),
      bottom: 1 - up.at(method.ci[0]),
      onFrontier: report.frontier.includes(method.name),
    }),
  );
  const steps = staircase(points.filter(({ onFrontier }) => onFrontier));
  const labels = placeLabels(points, steps);
  const write = unit === 'tokens' ? format.compact : format.money;
  const summary = measured.map(
    (method) => `${method.name} ${format.percent(method.accuracy)} at ${write(cost(method))}`,
  );
  return (
    <svg
      class="plot frontier"
      role="img"
      aria-label={`Accuracy against ${unit} per attempt: ${summary.join('; ')}`}
    >
      {up.ticks.map((tick) => (
        <g key={tick}>
          <line class="grid" x1="0" x2="100%" y1={share(1 - up.at(tick))} y2={share(1 - up.at(tick))} />
          <text x="0" y={share(1 - up.at(tick))} dx="-10" dy="4" text-anchor="end">
            {Math.round(tick * 100)} %
          </text>
        </g>
      ))}
      {across.ticks.map((tick) => (
        <g key={tick}>
          <line class="grid" x1={share(across.at(tick))} x2={share(across.at(tick))} y1="0" y2="100%" />
          <text x={share(across.at(tick))} y="100%" dy="22" text-anchor="middle">
            {tickLabel(write(tick))}
          </text>
        </g>
      ))}
      <text x="100%" y="100%" dy="44" text-anchor="end">
        {unit} per attempt, logarithmic →
      </text>
      <text x="0" y="0" dx="-44" dy="-17">
        right
      </text>
      {steps.map(({ from, to, y, next }) => (
        <g key={from}>
          <rect class="reach" x={share(from)} y={share(y)} width={share(to - from)} height={share(1 - y)} />
          <line class="stair" x1={share(from)} x2={share(to)} y1={share(y)} y2={share(y)} />
          <line class="stair" x1={share(to)} x2={share(to)} y1={share(y)} y2={share(next)} />
        </g>
      ))}
      {points.map(({ name, colour, x, top, bottom }) => (
        <line
          key={name}
          class={`interval ${colour}`}
          x1={share(x)}
          x2={share(x)}
          y1={share(top)}
          y2={share(bottom)}
        />
      ))}
      {points.map(({ name, colour, x, y, onFrontier }) => (
        <circle
          key={name}
          class={`${onFrontier ? 'on' : 'off'} ${colour}`}
          cx={share(x)}
          cy={share(y)}
          r="6.5"
        />
      ))}
      {points.map(({ name, method, x, y }, index) => {
        const { anchor = 'start', dx = 0, dy = 0 } = labels[index] ?? {};
        return (
          <text key={name} class="label" x={share(x)} y={share(y)} text-anchor={anchor}>
            <tspan x={share(x)} dx={dx} dy={dy}>
              {name}
            </tspan>
            <tspan class="figure" x={share(x)} dx={dx} dy="15">
              {format.percent(method.accuracy)}
            </tspan>
          </text>
        );
      })}
    </svg>
  );
}

/** "1.00k" as "1k", "$0.0050" as "$0.005". */
function tickLabel(text: string): string {
  return text.replace(/\.?0+(?=[kMGT])/, '').replace(/(\.\d*[1-9])0+$/, '$1');
}
