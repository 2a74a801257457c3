import { isEvaluation, type MetricsRow, type StepRow } from '../training/metrics.ts';
import { duration } from './progress.ts';
import { type Curve, curve, sparkline } from './sparkline.ts';
import { plain } from './terminal.ts';

/** What has been learned so far, on stderr: one block redrawn on a terminal, plain lines now and then elsewhere. */
export interface TrainProgress {
  row(row: MetricsRow): void;
  /** A line that stays, above the block. */
  say(text: string): void;
  end(): void;
}

export interface TrainProgressOptions {
  readonly title: string;
  readonly step: number; // where the run begins
  readonly steps: number; // where it ends
  readonly minutes?: number; // or when
  readonly stream?: NodeJS.WriteStream;
  readonly now?: () => number; // milliseconds
}

const REDRAW = 100; // milliseconds between two frames on a terminal
const LINE = 10_000; // milliseconds between two plain lines
const CURVE_WIDTH = 24;
const RECENT = 20; // steps that the speed is taken from

export function trainProgress({
  title,
  step: begun,
  steps,
  minutes = Number.POSITIVE_INFINITY,
  stream = process.stderr,
  now = () => performance.now(),
}: TrainProgressOptions): TrainProgress {
  const startedAt = now();
  const curves = { loss: curve(CURVE_WIDTH), reward: curve(CURVE_WIDTH) };
  const recent: StepRow[] = [];
  let validation = '';
  let best = { step: -1, accuracy: -1 };
  let shownAt = Number.NEGATIVE_INFINITY;
  let height = 0; // lines of the block on the screen

  function left(step: number): string {
    const elapsed = now() - startedAt;
    const byStep = (elapsed / Math.max(1, step - begun)) * (steps - step);
    const milliseconds = Math.max(0, Math.min(byStep, minutes * 60_000 - elapsed));
    return `${duration(elapsed / 1000)}, ${duration(milliseconds / 1000)} left`;
  }

  function speed(): string {
    const sum = (value: (row: StepRow) => number): number =>
      recent.reduce((total, row) => total + value(row), 0);
    return `${rounded(sum(({ tokens }) => tokens) / sum(({ seconds }) => seconds))} tokens/s`;
  }

  function block(row: StepRow): string[] {
    const { loss, reward, learningRate, gradientNorm } = row;
    const drawn = (name: string, value: number, { points }: Curve) =>
      `${name} ${rounded(value)} ${sparkline(points)}`;
    return [
      `${title}  step ${row.step}/${steps}  ${left(row.step)}`,
      [
        drawn('loss', loss, curves.loss),
        ...(reward === undefined ? [] : [drawn('reward', reward, curves.reward)]),
      ].join('  '),
      [speed(), `learning rate ${rounded(learningRate)}`, `gradient ${rounded(gradientNorm)}`].join('  '),
      ...(facts(row).length === 0 ? [] : [facts(row).join('  ')]),
      ...(validation === '' ? [] : [validation]),
    ];
  }

  function draw(lines: readonly string[]): void {
    const width = (stream.columns ?? 80) - 1;
    const up = height > 0 ? `\x1b[${height}F\x1b[0J` : '';
    stream.write(up + lines.map((text) => `${plain(text).slice(0, width)}\n`).join(''));
    height = lines.length;
  }

  function say(text: string): void {
    const last = recent.at(-1);
    const redraw = height > 0 && last !== undefined;
    if (height > 0) draw([]);
    stream.write(`${plain(text)}\n`);
    if (redraw) draw(block(last));
  }

  return {
    row(row) {
      if (isEvaluation(row)) {
        const { step, accuracy, accuracyLow, accuracyHigh, problems } = row;
        if (accuracy >= best.accuracy) best = { step, accuracy };
        const interval = `${percent(accuracy)} [${percent(accuracyLow)}, ${percent(accuracyHigh)}], n = ${problems}`;
        validation = `validation after step ${step}: ${interval}${best.step === step ? '' : `; best ${percent(best.accuracy)} after step ${best.step}`}`;
        if (!stream.isTTY || height === 0) say(validation);
        return;
      }
      recent.push(row);
      if (recent.length > RECENT) recent.shift();
      curves.loss.add(row.loss);
      if (row.reward !== undefined) curves.reward.add(row.reward);
      const time = now();
      if (time - shownAt < (stream.isTTY ? REDRAW : LINE) && row.step < steps) return;
      shownAt = time;
      if (stream.isTTY) draw(block(row));
      else {
        const { step, loss, reward } = row;
        const values = [
          `loss ${rounded(loss)}`,
          ...(reward === undefined ? [] : [`reward ${rounded(reward)}`]),
        ];
        stream.write(
          `${[`step ${step}/${steps}`, ...values, ...facts(row), speed(), left(step)].join('  ')}\n`,
        );
      }
    },
    say,
    end() {
      const last = recent.at(-1);
      if (height > 0 && last) draw(block(last));
      height = 0;
    },
  };
}

/** What reinforcement learning adds. */
function facts({ kl, entropy, length, clipShare, degenerateGroups }: StepRow): string[] {
  const named = { KL: kl, entropy, length };
  const shares = { clipped: clipShare, 'no variance': degenerateGroups };
  return [
    ...Object.entries(named).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name} ${rounded(value)}`],
    ),
    ...Object.entries(shares).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name} ${percent(value)}`],
    ),
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Three digits that count. */
function rounded(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value) || value === 0) return `${value}`;
  if (size >= 1000) return Math.round(value).toLocaleString('en');
  return size < 0.001 ? value.toExponential(1) : `${Number(value.toPrecision(3))}`;
}
