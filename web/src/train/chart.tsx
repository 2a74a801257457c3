import { useEffect, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import { themeColours } from '../colours.ts';
import { type Curve, optionsOf } from './chart-options.ts';
import type { MetricName } from './metric-names.ts';
import { aligned, type Series, smoothed } from './series.ts';

/** One run's line in a chart. */
export interface ChartLine {
  readonly run: string;
  readonly colour: number; // of m0 to m7
  readonly series: Series;
  readonly interval?: { readonly low: Series; readonly high: Series };
}

interface ChartProps {
  readonly metric: MetricName;
  readonly lines: readonly ChartLine[];
  readonly smoothing: number; // in [0, 1)
  readonly logarithmic: boolean;
}

/** A metric over the steps, a line for each run; beside the title stand the latest values, or those under the pointer. */
export function Chart({ metric, lines, smoothing, logarithmic }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const [cursor, setCursor] = useState<number | null>(null); // a step
  const [theme, setTheme] = useState(0);
  const curves = lines.flatMap((line) => curvesOf(line, smoothing));
  const positive = logarithmic && curves.some(({ series }) => series.values.some((value) => value > 0));
  const data = aligned(curves.map(({ series }) => (positive ? onlyPositive(series) : series)));
  const shape = JSON.stringify([
    curves.map(({ kind, colour }) => [kind, colour]),
    positive,
    metric.share,
    theme,
    lines.map(({ series }) => series.steps.length < SPARSE),
  ]);
  const latest = useRef(data);
  latest.current = data;

  useEffect(() => {
    const restyle = () => setTheme((count) => count + 1);
    const system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', restyle);
    addEventListener('theme', restyle);
    return () => {
      system.removeEventListener('change', restyle);
      removeEventListener('theme', restyle);
    };
  }, []);

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    let left = false;
    let made: uPlot | undefined;
    const observer = new ResizeObserver(() => made?.setSize({ width: element.clientWidth, height: HEIGHT }));
    void import('./plot.ts').then(({ Plot }) => {
      if (left) return;
      const options = optionsOf({
        width: element.clientWidth,
        height: HEIGHT,
        curves,
        logarithmic: positive,
        share: metric.share ?? false,
        colours: themeColours(element, COLOURS),
        onCursor: setCursor,
      });
      made = new Plot(options, latest.current as uPlot.AlignedData, element);
      plot.current = made;
      observer.observe(element);
    });
    return () => {
      left = true;
      observer.disconnect();
      made?.destroy();
      plot.current = undefined;
    };
  }, [shape]);

  useEffect(() => {
    plot.current?.setData(data as uPlot.AlignedData);
  });

  const values = lines.map(({ run, colour, series, interval }) => ({
    run,
    colour,
    value: valueAt(series, interval ? 0 : smoothing, cursor),
  }));
  const step = cursor ?? Math.max(...lines.map(({ series }) => series.steps.at(-1) ?? 0));
  const label = values.map(({ run, value }) => `${run} ${write(value)}`).join(', ');
  return (
    <section class="metric" aria-label={metric.title}>
      <header>
        <h2>{metric.title}</h2>
        <p class="quiet">{metric.about}</p>
        <p class="now">
          <span class="quiet">step {step}</span>
          {values.map(({ run, colour, value }) => (
            <b key={run} class={`m${colour}`} title={run}>
              {write(value)}
            </b>
          ))}
        </p>
      </header>
      <div
        class="plot-place"
        ref={place}
        role="img"
        aria-label={`${metric.title} at step ${step}: ${label}`}
      />
    </section>
  );
}

const HEIGHT = 190;
const COLOURS = ['ink', 'quiet', 'rule', 'card', 'm0', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7'] as const;
/** Series with fewer points than this show each of them. */
const SPARSE = 40;

function curvesOf({ series, colour, interval }: ChartLine, smoothing: number): Curve[] {
  const points = series.steps.length < SPARSE;
  if (interval)
    return [
      { kind: 'low', colour, series: interval.low, points: false },
      { kind: 'high', colour, series: interval.high, points: false },
      { kind: 'line', colour, series, points },
    ];
  if (smoothing === 0) return [{ kind: 'line', colour, series, points }];
  const smooth = { steps: series.steps, values: smoothed(series.values, smoothing) };
  return [
    { kind: 'raw', colour, series, points: false },
    { kind: 'line', colour, series: smooth, points: false },
  ];
}

function onlyPositive({ steps, values }: Series): Series {
  const kept = steps.map((_, index) => (values[index] ?? 0) > 0);
  return { steps: steps.filter((_, index) => kept[index]), values: values.filter((_, index) => kept[index]) };
}

/** The value at a step, or the last one before it; without a step the last one. */
function valueAt(series: Series, smoothing: number, step: number | null): number | undefined {
  const values = smoothing > 0 ? smoothed(series.values, smoothing) : series.values;
  if (step === null) return values.at(-1);
  const index = series.steps.findLastIndex((each) => each <= step);
  return index < 0 ? undefined : values[index];
}

function write(value: number | undefined): string {
  if (value === undefined) return '–';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(1).replaceAll('-', '−');
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 3).replace('-', '−');
}
