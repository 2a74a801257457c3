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
  let open: { readonly mark: string; readonly start: number } | undefined;
  for (const match of text.matchAll(/\\\\|\\\$|\$\$?|\\[()[\]]|\n/g)) {
    const [mark] = match;
    const { index } = match;
    if (mark === '\n') {
      if (open?.mark === '$' || open?.mark === '\\(') open = undefined; // inline formulas end with their line
    } else if (open && mark === CLOSERS[open.mark] && !isPrice(mark, text[index + 1])) {
      const content = text.slice(open.start + open.mark.length, index);
      if (content.trim() !== '') add(spans, { content, start: open.start, end: index + mark.length }, text);
      open = undefined;
    } else if (mark in CLOSERS && (!open || open.mark === mark)) open = { mark, start: index };
  }
  return spans;
}

/** '$5 and $10' holds two prices, not a formula. */
function isPrice(mark: string, next: string | undefined): boolean {
  return mark === '$' && next !== undefined && /\d/.test(next);
}

function add(spans: MathSpan[], span: MathSpan, text: string): void {
  const before = spans.at(-1);
  if (
    before &&
    span.start - before.end <= 20 &&
    /^[\s,;]*(?:and|or)?[\s,]*$/.test(text.slice(before.end, span.start)) &&
    span.start > before.end
  )
    spans[spans.length - 1] = {
      content: `${before.content}, ${span.content}`,
      start: before.start,
      end: span.end,
    };
  else spans.push(span);
  if (spans.length > SPANS) spans.shift();
}
