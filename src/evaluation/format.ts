/** Words and figures of a report. U+2212 is the minus sign, so that a negative number does not read as a dash. */

/** A difference of shares in points with one decimal: 0.1203 is "12.0", −0.004 is "−0.4". */
export function points(difference: number): string {
  return signed((difference * 100).toFixed(1));
}

/** A share in per cent with one decimal: 0.76 is "76.0 %". */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** An interval of shares, in per cent or points: "[7.1, 16.9]". */
export function interval([low, high]: readonly [number, number]): string {
  return `[${points(low)}, ${points(high)}]`;
}

/** "p < .001", "p = .008", "p = .41", "p = 1". */
export function pValue(p: number): string {
  if (p < 0.001) return 'p < .001';
  const digits = p < 0.1 ? 3 : 2;
  const rounded = p.toFixed(digits);
  return rounded.startsWith('1') ? 'p = 1' : `p = ${rounded.slice(1)}`;
}

/** The value of `pValue` alone, for a column that is headed p: "< .001", ".008". */
export function pFigure(p: number): string {
  return pValue(p).replace(/^p (= )?/, '');
}

/** A difference of shares in points with its sign: "+12.0", "−0.4", "0.0". */
export function signedPoints(difference: number): string {
  const text = points(difference);
  return difference > 0 && text !== '0.0' ? `+${text}` : text;
}

/** A ratio: "3.1×", "12×", "1,240×", "0.25×", "0.04×". */
export function ratio(value: number): string {
  return `${value >= 99.5 ? count(value) : significant(value, value < 0.095 ? 1 : 2)}×`;
}

/** A whole number with separators: "1,200". */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** A count in three digits: "1", "5.3", "88.6", "418", "1.24k", "12.3M". */
export function compact(value: number): string {
  for (const [size, unit] of UNITS)
    if (value >= size * 0.9995) return `${significant(value / size, 3)}${unit}`;
  return value >= 99.95 ? significant(value, 3) : value.toFixed(1).replace(/\.0$/, '');
}

const UNITS = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

/** US dollars: "$12.40", "$0.0031", "$0". */
export function money(usd: number): string {
  if (usd === 0) return '$0';
  return usd >= 0.995
    ? `$${usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`
    : `$${significant(usd, 2)}`;
}

/** A length of time: "850 ms", "4.2 s", "3 min 20 s", "2 h 5 min". */
export function duration(seconds: number): string {
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 99.95) return `${significant(seconds, 2 + (seconds >= 9.95 ? 1 : 0))} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return joined(Math.floor(whole / 60), 'min', whole % 60, 's');
  const minutes = Math.round(whole / 60);
  return joined(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
}

/** A decision as a sentence: a full stop at the end, and a capital unless it begins with a method's name. */
export function sentence(text: string): string {
  const capital = text.startsWith('no ') ? `N${text.slice(1)}` : text;
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

/** The text with spaces that no line may break at inside "p < .001", "95 % CI" and "[7.1, 16.9]". */
export function unbroken(text: string): string {
  return text.replace(/(?<=\bp|[<=]|95|%|\[[^ \]]*,) /g, '\u00a0');
}

/** "A", "A and B", "A, B and C". */
export function list(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** "1 problem", "2 problems". */
export function plural(amount: number, noun: string): string {
  return `${count(amount)} ${noun}${Math.round(amount) === 1 ? '' : 's'}`;
}

function joined(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

function significant(value: number, digits: number): string {
  const rounded = Number(value.toPrecision(digits));
  if (rounded === 0) return '0';
  const decimals = digits - 1 - Math.floor(Math.log10(Math.abs(rounded)));
  return rounded.toFixed(Math.min(12, Math.max(0, decimals)));
}

function signed(text: string): string {
  return text.startsWith('-') ? (Number(text) === 0 ? text.slice(1) : `−${text.slice(1)}`) : text;
}
