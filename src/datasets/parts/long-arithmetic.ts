/** One operation on whole numbers. */
export interface Operation {
  readonly left: number;
  readonly operator: '+' | '-' | '*';
  readonly right: number;
}

/** Numbers below this are added, subtracted, and multiplied by one digit, in one line. */
const IN_THE_HEAD = 100;

/** The exact result. */
export function resultOf({ left, operator, right }: Operation): number {
  return operator === '*' ? left * right : operator === '+' ? left + right : left - right;
}

/** `17 + 25 = 42`. */
export function operationLine(operation: Operation): string {
  const { left, operator, right } = operation;
  return `${left} ${operator} ${right} = ${resultOf(operation)}`;
}

/**
 * An operation in elementary lines, the last of which is the operation itself. Sums and differences go digit by digit from
 * the ones, with the carry or borrow written out: `368 + 457: 8 + 7 = 15, 6 + 5 + 1 = 12, 3 + 4 + 1 = 8`. A product goes digit
 * by digit of its larger factor, and a longer second factor is taken place by place: 25 * 37 as 25 * 7 and 25 * 30.
 * Each line names the operation it belongs to, so that it can be understood, and checked, on its own.
 */
export function longArithmetic(operation: Operation): readonly string[] {
  const { left, operator, right } = operation;
  const lines =
    operator === '*' ? productLines(left, right) : sumLines(left, operator === '+' ? right : -right);
  return [...lines, operationLine(operation)];
}

/** What leads to the sum of two signed numbers. */
function sumLines(left: number, right: number): string[] {
  const [a, b] = [Math.abs(left), Math.abs(right)];
  if (Math.max(a, b) < IN_THE_HEAD || Math.min(a, b) === 0) return [];
  if (left < 0 === right < 0) return [`${a} + ${b}: ${digitSums(a, b).join(', ')}`];
  const [larger, smaller] = [Math.max(a, b), Math.min(a, b)];
  return [`${larger} - ${smaller}: ${digitDifferences(larger, smaller).join(', ')}`];
}

function digitSums(left: number, right: number): string[] {
  const [a, b] = [digitsOf(left), digitsOf(right)];
  const both = Math.min(a.length, b.length);
  const lines: string[] = [];
  let carry = 0;
  for (let place = 0; place < Math.max(a.length, b.length) && (place < both || carry > 0); place++) {
    const parts = [...a.slice(place, place + 1), ...b.slice(place, place + 1), ...(carry > 0 ? [1] : [])];
    const sum = parts.reduce((total, part) => total + part, 0);
    lines.push(`${parts.join(' + ')} = ${sum}`);
    carry = sum >= 10 ? 1 : 0;
  }
  return lines;
}

function digitDifferences(larger: number, smaller: number): string[] {
  const [a, b] = [digitsOf(larger), digitsOf(smaller)];
  const lines: string[] = [];
  let borrow = 0;
  for (let place = 0; place < a.length && (place < b.length || borrow > 0); place++) {
    const digit = a[place] as number;
    const taken = [...(borrow ? [1] : []), ...(place < b.length ? [b[place] as number] : [])];
    const total = taken.reduce((sum, part) => sum + part, 0);
    borrow = digit < total ? 1 : 0;
    const from = digit + 10 * borrow;
    lines.push(`${from} - ${taken.join(' - ')} = ${from - total}`);
  }
  return lines;
}

function productLines(left: number, right: number): string[] {
  const [larger, smaller] = left >= right ? [left, right] : [right, left];
  if (smaller < 10) return digitProducts(larger, smaller);
  const lines: string[] = [];
  let total = 0;
  digitsOf(smaller).forEach((digit, place) => {
    if (digit === 0) return;
    const part = digit * 10 ** place;
    const product = larger * part;
    lines.push(...digitProducts(larger, digit));
    if (digit !== smaller) lines.push(`${larger} * ${part} = ${product}`);
    if (total > 0) lines.push(...longArithmetic({ left: total, operator: '+', right: product }));
    total += product;
  });
  return lines.filter((line) => line !== `${larger} * ${smaller} = ${larger * smaller}`);
}

function digitProducts(larger: number, digit: number): string[] {
  if (larger < IN_THE_HEAD || digit < 2) return [];
  let carry = 0;
  const parts = digitsOf(larger).map((own) => {
    const product = own * digit + carry;
    const part = `${own} * ${digit}${carry > 0 ? ` + ${carry}` : ''} = ${product}`;
    carry = Math.floor(product / 10);
    return part;
  });
  return [`${larger} * ${digit}: ${parts.join(', ')}`];
}

/** Digits from the ones upwards. */
function digitsOf(number: number): number[] {
  return [...String(number)].reverse().map(Number);
}
