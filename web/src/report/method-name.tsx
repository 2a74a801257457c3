import type { Report } from '../../../src/evaluation/report.ts';

/** The class of a method's colour: `m0`, the baseline's grey, to `m7`, then round again without the grey. */
export function methodColour(index: number): string {
  return `m${index < 8 ? Math.max(0, index) : 1 + ((index - 1) % 7)}`;
}

interface MethodNameProps {
  readonly report: Pick<Report, 'methods'>;
  readonly name: string;
}

/** A method's name with its colour. */
export function MethodName({ report, name }: MethodNameProps) {
  const index = report.methods.findIndex((method) => method.name === name);
  return (
    <span class={`method ${methodColour(index)}`} title={name}>
      {name}
    </span>
  );
}
