import { closing, joinTokens, latexTokens, splitTokens } from '../../core/latex.ts';
import type { Formula } from './formula.ts';
import { parseFormula } from './formula.ts';

/** A mathematical answer by its outer shape. */
export type MathValue =
  | { readonly kind: 'words'; readonly words: string; readonly product?: Quantity } // letters may be variables
  | Quantity
  | { readonly kind: 'list' | 'set' | 'union'; readonly items: readonly MathValue[] } // a list is bare: '1, 2'
  | {
      readonly kind: 'tuple';
      readonly open: string;
      readonly close: string;
      readonly items: readonly MathValue[];
    }
  | { readonly kind: 'named'; readonly name: string; readonly value: MathValue } // 'x = 5', 'x \in S', 'x > 5'
  | {
      readonly kind: 'relation'; // an equation or inequality that names no value
      readonly sign: '=' | '<' | '\\le' | '\\ne';
      readonly left: MathValue;
      readonly right: MathValue;
    };

/** A number or formula, with what it is a number of. */
export interface Quantity {
  readonly kind: 'quantity';
  readonly latex: string; // without the unit
  readonly formula?: Formula; // absent when our reader does not know the notation
  readonly unit?: string;
  readonly percent: boolean;
}

/** Values nested deeper are read as plain formulas. */
const DEPTH = 12;

/** Reads LaTeX or plain text as a mathematical answer; undefined when nothing is left of it. */
export function parseMath(text: string): MathValue | undefined {
  const tokens = latexTokens(text);
  return tokens.length === 0 ? undefined : parse(tokens, 0);
}

function parse(tokens: readonly string[], depth: number): MathValue {
  if (depth > DEPTH) return quantity(tokens);
  const inner = (part: readonly string[]) => parse(part, depth + 1);
  for (const separator of [';', ',']) {
    const parts = splitTokens(tokens, [separator]);
    if (parts.length > 1) return { kind: 'list', items: parts.map(inner) };
  }
  const united = splitTokens(tokens, ['\\cup']);
  if (united.length > 1 && !tokens.some((token) => token in RELATIONS))
    return { kind: 'union', items: united.map(inner) };
  return (
    relation(tokens, inner) ??
    plusMinus(tokens, inner) ??
    bracketed(tokens, inner) ??
    words(tokens) ??
    quantity(tokens)
  );
}

const RELATIONS: Readonly<Record<string, string>> = {
  '=': '=',
  '<': '<',
  '>': '<',
  '\\le': '\\le',
  '\\ge': '\\le',
  '\\ne': '\\ne',
  '\\in': '\\in',
};

type Inner = (part: readonly string[]) => MathValue;

function relation(all: readonly string[], inner: Inner): MathValue | undefined {
  const about = all.indexOf('\\approx');
  const tokens = about > 0 ? all.slice(0, about) : all; // what follows only says it less exactly
  const signs = signsAtTop(tokens);
  if (signs.length === 0) return about > 0 ? inner(tokens) : undefined;
  const parts = splitTokens(tokens, Object.keys(RELATIONS));
  const [first = [], second = [], third] = parts;
  const sign = signs[0] as string;
  if (parts.length !== signs.length + 1) return undefined;
  if (sign === '\\in' && signs.length === 1)
    return { kind: 'named', name: joinTokens(first), value: inner(second) };
  if (signs.every((other) => other === '=')) {
    if (isName(first)) return { kind: 'named', name: joinTokens(first), value: inner(parts.at(-1) ?? []) };
    if (parts.length > 2) return inner(parts.at(-1) ?? []); // a chain of equalities ends in the value
    if (isName(second)) return { kind: 'named', name: joinTokens(second), value: inner(first) };
    return { kind: 'relation', sign: '=', left: inner(first), right: inner(second) };
  }
  if (sign === '\\ne' && signs.length === 1)
    return { kind: 'relation', sign: '\\ne', left: inner(first), right: inner(second) };
  const rising = signs.every((other) => other === '<' || other === '\\le');
  const falling = signs.every((other) => other === '>' || other === '\\ge');
  if (!rising && !falling) return undefined;
  const [low, middle, high] = falling ? [...parts].reverse() : parts;
  const [lowSign, highSign] = (falling ? [...signs].reverse() : signs).map(
    (other) => RELATIONS[other] as '<' | '\\le',
  );
  if (!low || !middle || !lowSign) return undefined;
  if (third)
    return high && highSign && parts.length === 3 && isName(middle)
      ? interval(middle, lowSign, low, high, highSign, inner)
      : undefined;
  if (isName(middle) && !isName(low)) return interval(middle, lowSign, low, ['\\infty'], '<', inner);
  if (isName(low) && !isName(middle)) return interval(low, '<', ['-', '\\infty'], middle, lowSign, inner);
  return { kind: 'relation', sign: lowSign, left: inner(low), right: inner(middle) };
}

/** 'a < x \le b' says the same as 'x \in (a, b]'. */
function interval(
  name: readonly string[],
  lowSign: string,
  low: readonly string[],
  high: readonly string[],
  highSign: string,
  inner: Inner,
): MathValue {
  return {
    kind: 'named',
    name: joinTokens(name),
    value: {
      kind: 'tuple',
      open: lowSign === '<' ? '(' : '[',
      close: highSign === '<' ? ')' : ']',
      items: [inner(low), inner(high)],
    },
  };
}

function signsAtTop(tokens: readonly string[]): string[] {
  const signs: string[] = [];
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index] as string;
    if (/^(?:[([{]|\\\{)$/.test(token)) index = closing(tokens, index);
    else if (token in RELATIONS) signs.push(token);
  }
  return signs;
}

const SYMBOL = String.raw`(?:[a-zA-Z]|\\[a-zA-Z]+)(?:_(?:\w|\{[^{}]*\}))?'*`;
const CAPITALS = String.raw`(?:\\(?:angle|triangle|overline) ?)?\{?[A-Z](?:_\w)?(?:[A-Z](?:_(?:\w|\{[^{}]*\}))?)*\}?`;
const ARGUMENT = String.raw`\((?:\w|${SYMBOL})(?:,(?:\w|${SYMBOL}))*\)`;
const NAME = String.raw`(?:${SYMBOL}(?:${ARGUMENT})?|${CAPITALS}|\|${CAPITALS}\|)`;
const NAMES = new RegExp(
  String.raw`^(?:${NAME}|${NAME}:${NAME}|\\frac\{${CAPITALS}\}\{${CAPITALS}\}|${CAPITALS}/${CAPITALS}|\(${SYMBOL}(?:,${SYMBOL})+\)|\\text\{[^{}]*\})$`,
);
/** Names are short; the pattern need not see more. */
const NAME_CHARACTERS = 60;

/** What may stand before '=' as the name of the answer: 'x', 'f(x)', '|AB|', '(p,q)', 'A:B'; a sum is an equation. */
function isName(tokens: readonly string[]): boolean {
  const text = joinTokens(tokens);
  return text.length <= NAME_CHARACTERS && NAMES.test(text) && !/^\\(?:pi|infty)$|^[ei]$/.test(text);
}

/** 'a \pm b' stands for two values. */
function plusMinus(tokens: readonly string[], inner: Inner): MathValue | undefined {
  if (!tokens.includes('\\pm')) return undefined;
  const pick = (plus: string, minus: string) =>
    tokens.map((token) => (token === '\\pm' ? plus : token === '\\mp' ? minus : token));
  return { kind: 'list', items: [inner(pick('+', '-')), inner(pick('-', '+'))] };
}

function bracketed(tokens: readonly string[], inner: Inner): MathValue | undefined {
  const [open = ''] = tokens;
  if (open === '\\emptyset' && tokens.length === 1) return { kind: 'set', items: [] };
  if (splitTokens(tokens, [':']).length === 2 && open !== '\\{')
    return { kind: 'tuple', open: ':', close: ':', items: splitTokens(tokens, [':']).map(inner) };
  if (!/^(?:[([]|\\\{)$/.test(open) || closing(tokens, 0) !== tokens.length - 1) return undefined;
  const body = tokens.slice(1, -1);
  const parts = splitTokens(body, [',', ';']);
  if (open === '\\{')
    return body.includes('|') || body.includes(':') ? undefined : { kind: 'set', items: parts.map(inner) };
  if (parts.length < 2) return undefined; // only grouping
  return { kind: 'tuple', open, close: tokens.at(-1) as string, items: parts.map(inner) };
}

/** Words: `\text{}` alone, or letters that spell something; `\text{odd}` and 'odd' are the same word. */
function words(tokens: readonly string[]): MathValue | undefined {
  if (!tokens.every((token) => /^\\text\{|^[a-zA-Z]$/.test(token))) return undefined;
  const text = tokens
    .map((token) => (token.startsWith('\\text{') ? ` ${token.slice(6, -1)} ` : token))
    .join('');
  const spelled = tokens.length >= 3 || tokens.some((token) => token.length > 1);
  if (!spelled) return undefined;
  const lettersOnly = tokens.every((token) => token.length === 1);
  return {
    kind: 'words',
    words: text.replace(/\s+/g, ' ').trim(),
    ...(lettersOnly && { product: quantity(tokens) }),
  };
}

const UNIT_NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    millimeter: 'mm',
    centimeter: 'cm',
    metre: 'm',
    meter: 'm',
    kilometre: 'km',
    kilometer: 'km',
    gram: 'g',
    kilogram: 'kg',
    litre: 'l',
    liter: 'l',
    inch: 'in',
    inche: 'in',
    feet: 'ft',
    foot: 'ft',
    yard: 'yd',
    pound: 'lb',
    ounce: 'oz',
    second: 's',
    sec: 's',
    minute: 'min',
    hour: 'h',
    hr: 'h',
    degree: 'deg',
  }),
);

function quantity(all: readonly string[]): Quantity {
  let end = all.length;
  let percent = false;
  const unit: string[] = [];
  for (; end > 1; end--) {
    const token = all[end - 1] as string;
    const power = all[end - 2] === '^' && /^[23]$/.test(token) && (all[end - 3] ?? '').startsWith('\\text{');
    if (power) unit.unshift(`^${token}`);
    if (power) end--;
    else if (token.startsWith('\\text{')) unit.unshift(unitName(token.slice(6, -1)));
    else if (token === '\\degree' && !all.some(isTrigonometric)) unit.unshift('deg');
    else if (token === '%') percent = true;
    else if (token === '/' && unit.length > 0) unit.unshift('/');
    else break;
  }
  const priced = all.indexOf('\\$');
  const isPrice = priced === 0 || (priced === 1 && /^[-+]$/.test(all[0] as string));
  if (isPrice) unit.unshift('dollar');
  const tokens = isPrice ? all.slice(0, end).filter((token) => token !== '\\$') : all.slice(0, end);
  const formula = parseFormula(tokens);
  return {
    kind: 'quantity',
    latex: joinTokens(tokens),
    percent,
    ...(formula && { formula }),
    ...(unit.length > 0 && { unit: unit.join('') }),
  };
}

/** There a degree sign belongs to the argument. */
function isTrigonometric(token: string): boolean {
  return /^\\(?:sin|cos|tan|cot|sec|csc)$/.test(token);
}

/** 'square centimeters' → 'cm^2'. */
function unitName(written: string): string {
  const lower = written.toLowerCase().replace(/\.$/, '').trim();
  const power = /^(square|sq\.?|cubic) (.*)$/.exec(lower);
  const plain = (power?.[2] ?? lower).replace(/(?<=..)s$/, '');
  const name = UNIT_NAMES.get(plain) ?? UNIT_NAMES.get(`${plain}s`) ?? plain;
  return power ? `${name}^${power[1] === 'cubic' ? 3 : 2}` : name;
}
