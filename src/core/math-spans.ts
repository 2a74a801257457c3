/** A formula in a text: what stands between its delimiters, and where the closing one ends. */
export interface MathSpan {
  readonly content: string;
  readonly start: number;
  readonly end: number;
}

/** Earlier formulas are not the final answer. */
const SPANS = 32;
const CLOSERS: Readonly<Record<string, string>> = { $: '$', $$: '$$', '\\(': '\\)', '\\[': '\\]' };

/**
 * The last formulas of a text, in order: `$…$`, `\(…\)` (on one line), `$$…$$`, `\[…\]`. Formulas that only a comma or
 * a conjunction keeps apart are one list. One pass, so linear in the text.
 */
export function mathSpans(text: string): readonly MathSpan[] {
  const spans: MathSpan[] = [];
  for (const span of formulas(text)) add(spans, span, text);
  return spans;
}

/** Every formula of a text, in order, in one pass; `display` tells those that stand on a line of their own. */
export function* formulas(text: string): Generator<MathSpan & { readonly display: boolean }> {
  let open: { readonly mark: string; readonly start: number } | undefined;
  for (const match of text.matchAll(/\\\\|\\\$|\$\$?|\\[()[\]]|\n/g)) {
    const [mark] = match;
    const { index } = match;
    if (mark === '\n') {
      if (open?.mark === '$' || open?.mark === '\\(') open = undefined; // inline formulas end with their line
    } else if (open && mark === CLOSERS[open.mark] && !isPrice(mark, text[index + 1])) {
      const content = text.slice(open.start + open.mark.length, index);
      const display = open.mark === '$$' || open.mark === '\\[';
      if (content.trim() !== '') yield { content, start: open.start, end: index + mark.length, display };
      open = undefined;
    } else if (mark in CLOSERS && (!open || open.mark === mark)) open = { mark, start: index };
  }
}

/** '$5 and $10' holds two prices, not a formula. */
function isPrice(mark: string, next: string | undefined): boolean {
  return mark === '$' && next !== undefined && /\d/.test(next);
}

function add(spans: MathSpan[], { content, start, end }: MathSpan, text: string): void {
  const before = spans.at(-1);
  if (
    before &&
    start - before.end <= 20 &&
    /^[\s,;]*(?:and|or)?[\s,]*$/.test(text.slice(before.end, start)) &&
    start > before.end
  )
    spans[spans.length - 1] = {
      content: `${before.content}, ${content}`,
      start: before.start,
      end,
    };
  else spans.push({ content, start, end });
  if (spans.length > SPANS) spans.shift();
}
