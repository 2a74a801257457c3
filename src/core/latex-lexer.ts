import { isUnitWord } from './units.ts';

const SIGNS: Readonly<Record<string, string>> = {
  '−': '-',
  '–': '-',
  '‒': '-',
  '×': '*',
  '·': '*',
  '⋅': '*',
  '∗': '*',
  '÷': '/',
  '∕': '/',
  '⁄': '/',
  '≤': '\\le ',
  '⩽': '\\le ',
  '≥': '\\ge ',
  '⩾': '\\ge ',
  '≠': '\\ne ',
  '≈': '\\approx ',
  '±': '\\pm ',
  '∓': '\\mp ',
  '∞': '\\infty ',
  π: '\\pi ',
  θ: '\\theta ',
  α: '\\alpha ',
  β: '\\beta ',
  '√': '\\sqrt ',
  '∈': '\\in ',
  '∪': '\\cup ',
  '∩': '\\cap ',
  '∅': '\\emptyset ',
  '°': '\\degree ',
  '¼': ' 1/4',
  '½': ' 1/2',
  '¾': ' 3/4',
  '⅓': ' 1/3',
  '⅔': ' 2/3',
  '⁰': '^0',
  '¹': '^1',
  '²': '^2',
  '³': '^3',
  '⁴': '^4',
  '\u00a0': ' ',
  '\u202f': ' ',
  '\u2009': ' ',
};

/** Unicode signs to LaTeX; backslashes that were escaped once too often to single ones. */
function plainMarks(text: string): string {
  const marked = text.replace(/[^\x00-\x7f]/g, (sign) => SIGNS[sign] ?? sign);
  const runs = marked.match(/\\+(?=[a-zA-Z])/g) ?? [];
  return runs.length > 0 && runs.every((run) => run.length % 2 === 0)
    ? marked.replace(/\\\\/g, '\\')
    : marked;
}

/** Commands that mean the same, or nothing ('' drops the command but not its argument). */
const COMMANDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    dfrac: '\\frac',
    tfrac: '\\frac',
    cfrac: '\\frac',
    dbinom: '\\binom',
    tbinom: '\\binom',
    leq: '\\le',
    leqslant: '\\le',
    geq: '\\ge',
    geqslant: '\\ge',
    neq: '\\ne',
    gt: '>',
    lt: '<',
    times: '*',
    cdot: '*',
    ast: '*',
    div: '/',
    colon: ':',
    lbrace: '\\{',
    rbrace: '\\}',
    lbrack: '[',
    rbrack: ']',
    lvert: '|',
    rvert: '|',
    vert: '|',
    mid: '|',
    varnothing: '\\emptyset',
    infin: '\\infty',
    circ: '\\degree',
    prime: "'",
    ldots: '...',
    cdots: '...',
    dots: '...',
    ...Object.fromEntries(
      [
        ...['left', 'right', 'middle', 'displaystyle', 'textstyle', 'limits', 'quad', 'qquad', 'hspace'],
        ...['big', 'Big', 'bigg', 'Bigg', 'bigl', 'bigr', 'Bigl', 'Bigr', 'biggl', 'biggr', 'Biggl', 'Biggr'],
        ...['boxed', 'fbox', 'mathbf', 'boldsymbol', 'bm', 'mathit', 'mathnormal', 'ensuremath', 'phantom'],
      ].map((name) => [name, '']),
    ),
  }),
);
const TEXT_COMMANDS = new Set(
  'text textbf textit textrm texttt textnormal mbox hbox mathrm mathsf operatorname rm'.split(' '),
);
const FUNCTIONS = new Set(
  'sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln lg exp sqrt pi theta alpha beta infty gcd lcm min max'.split(
    ' ',
  ),
);
const WORDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    and: ',',
    or: ',',
    percent: '%',
    pct: '%',
    infinity: '\\infty',
    inf: '\\infty',
    oo: '\\infty',
  }),
);
/**
 * Splits LaTeX or plain mathematics into tokens, one spelling each: numbers, letters, `\commands`, `\text{words}`, signs.
 * Braces and the arguments of commands are not looked at yet.
 */
export function lexLatex(text: string): string[] {
  return lex(plainMarks(text));
}

function lex(text: string): string[] {
  const tokens: string[] = [];
  let depth = 0; // of brackets: inside them a comma separates, outside it may group digits
  let index = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = index;
    const match = pattern.exec(text);
    if (match) index += match[0].length;
    return match;
  };
  while (index < text.length) {
    if (take(/[\s$~]+/y)) continue;
    const number = takeNumber(take, depth);
    if (number !== undefined) {
      tokens.push(number);
      continue;
    }
    const command = take(/\\([a-zA-Z]+)\*?\s*/y);
    if (command) {
      const name = command[1] as string;
      if (name === 'begin' || name === 'end')
        tokens.push(...environment(name, take(/\{[^{}]*\}/y)?.[0] ?? '', take));
      else if (TEXT_COMMANDS.has(name))
        tokens.push(...words(take(/\{([^{}]*)\}/y)?.[1] ?? '', tokens.at(-1)));
      else if (name === 'mathbb') tokens.push(`\\mathbb{${take(/\{?\s*([a-zA-Z])\s*\}?/y)?.[1] ?? ''}}`);
      else {
        const known = COMMANDS.get(name);
        const spaced = known === undefined ? /^q?quad([a-zA-Z]+)$/.exec(name) : null; // '\\quadx' for '\\quad x'
        if (spaced) tokens.push(...readLetters(spaced[1] as string, undefined));
        else if (known !== '') tokens.push(known ?? `\\${name}`);
      }
      continue;
    }
    if (take(/\\[()[\],;:! ]|\\$|\\\$(?!\s*[\d.])|&(?:nbsp|amp);/y)) continue;
    if (take(/\\\$/y)) {
      tokens.push('\\$'); // a price
      continue;
    }
    const escaped = take(/\\([\\{}%&#_|])/y);
    if (escaped) {
      const sign = escaped[1] as string;
      if (sign === '{') depth++;
      if (sign === '}') depth--;
      tokens.push(sign === '\\' || sign === '{' || sign === '}' ? `\\${sign}` : sign);
      continue;
    }
    const letters = take(/[a-zA-Z]+/y)?.[0];
    if (letters !== undefined) {
      tokens.push(...readLetters(letters, tokens.at(-1)));
      continue;
    }
    const pair = take(/!=|<=|>=|\*\*|\.\.\./y)?.[0];
    if (pair !== undefined) {
      tokens.push({ '!=': '\\ne', '<=': '\\le', '>=': '\\ge', '**': '^' }[pair] ?? pair);
      continue;
    }
    const sign = text[index++] as string;
    if ('([{'.includes(sign)) depth++;
    if (')]}'.includes(sign)) depth--;
    tokens.push(sign);
  }
  return withoutEndMarks(tokens);
}

/** A number at the current position: '1,234', '14{,}916', '1 000', '.50', '0.\overline{3}', '2.5e-3'. */
function takeNumber(take: (pattern: RegExp) => RegExpExecArray | null, depth: number): string | undefined {
  const grouped =
    take(/\d{1,3}(?:(?: ?\{ ?, ?\} ?|,?\\! ?|\\,)\d{3})+(?!\d)/y) ??
    (depth === 0 ? take(/[1-9]\d{0,2}(?:(?:,\d{3})+|(?: \d{3})+)(?!,?\d)/y) : null);
  const whole = grouped ? grouped[0].replace(/\D/g, '') : undefined;
  const decimalComma = !grouped && depth === 0 ? take(/0,(\d{3,})(?![\d,])/y) : null; // '0,111' groups no thousands
  if (decimalComma) return decimalText('0', decimalComma[1] as string);
  if (whole !== undefined) return decimalText(whole, take(/\.(\d+)/y)?.[1] ?? '');
  const plain = take(/(\d*)\.(\d+)|\d+(?:\.(?=\\overline))?/y);
  if (!plain) return undefined;
  const [integer, part] =
    plain[2] === undefined ? [plain[0].replace('.', ''), ''] : [plain[1] ?? '', plain[2]];
  const repeating = take(/\s*\\overline\s*\{(\d+)\}/y);
  if (repeating) return `${integer.replace(/^0+(?=\d)/, '') || '0'}.${part}(${repeating[1]})`;
  const exponent = take(/[eE]([-+]?\d{1,3})(?![\w.])/y);
  const digits = decimalText(integer, part);
  return exponent ? shift(digits, Number(exponent[1])) : digits;
}

function decimalText(integer: string, part: string): string {
  const whole = integer.replace(/^0+(?=\d)/, '') || '0';
  const rest = part.replace(/0+$/, '');
  return rest === '' ? whole : `${whole}.${rest}`;
}

/** Moves the decimal point of plain digits. */
function shift(digits: string, places: number): string {
  const [whole = '', part = ''] = digits.split('.');
  if (places >= 0) {
    const padded = part.padEnd(places, '0');
    return decimalText(whole + padded.slice(0, places), padded.slice(places));
  }
  const padded = whole.padStart(-places, '0');
  return decimalText(padded.slice(0, places), padded.slice(places) + part);
}

/** Matrices of every look are matrices; what only lays out lines is dropped. */
function environment(
  name: string,
  argument: string,
  take: (pattern: RegExp) => RegExpExecArray | null,
): string[] {
  const kind = argument.slice(1, -1).replace('*', '').trim();
  if (kind === 'array' && name === 'begin') take(/\s*\{[^{}]*\}/y);
  if (/^(?:[pb]?matrix|smallmatrix|array)$/.test(kind)) return [`\\${name}{matrix}`];
  return /^(?:align|aligned|equation|gather|gathered|split|center)$/.test(kind) ? [] : [`\\${name}{${kind}}`];
}

/** The content of `\text{}`: a conjunction separates, digits and single letters are mathematics, the rest is words. */
function words(content: string, before: string | undefined): string[] {
  const text = content
    .replace(/[$~]|\\[,;:! ]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  if (text === '') return [];
  if (/^,? ?(?:and|or),?$/i.test(text)) return [','];
  if (/[a-zA-Z]{2}/.test(text) && !FUNCTIONS.has(text)) {
    const unit = WORDS.get(text.toLowerCase());
    return [unit ?? `\\text{${text}}`];
  }
  if (/^[a-zA-Z]$/.test(text) && (isQuantity(before) || before === '/')) return [`\\text{${text}}`]; // '5\\text{ m}'
  return /\\text|\{/.test(text) ? [`\\text{${text}}`] : lex(text);
}

function readLetters(letters: string, before: string | undefined): string[] {
  const word = WORDS.get(letters.toLowerCase());
  if (word) return [word];
  if (FUNCTIONS.has(letters)) return [`\\${letters}`];
  return isQuantity(before) && isUnitWord(letters) ? [`\\text{${letters}}`] : [...letters];
}

/** Whether a unit may follow the token. */
function isQuantity(token: string | undefined): boolean {
  return token !== undefined && (/\d\)?$|^[})\]]$/.test(token) || token.startsWith('\\text{'));
}

function withoutEndMarks(tokens: string[]): string[] {
  let end = tokens.length;
  while (end > 0 && /^[.,;:]$/.test(tokens[end - 1] as string)) end--;
  return tokens.slice(0, end);
}
