import katex from 'katex';

if (!__REPORT__) await import('./formula-style.ts');

/** What would load, link or style something makes its formula stay as it was written. */
function refuse(): never {
  throw new Error('not trusted');
}

/**
 * Sets a formula in place of its source. KaTeX may load, link and style nothing, and stops at bounded sizes and expansions;
 * what it does not understand stays as it was written. It builds nodes, never markup.
 */
export function setFormula(
  place: HTMLElement,
  { tex, source, display }: { readonly tex: string; readonly source: string; readonly display: boolean },
): void {
  try {
    katex.render(tex, place, {
      displayMode: display,
      output: __REPORT__ ? 'mathml' : 'htmlAndMathml', // a report has no fonts with it
      trust: refuse,
      maxSize: 10, // em
      maxExpand: 500, // macros
      strict: 'ignore',
      throwOnError: true,
      // these two write a style attribute, which the policy of the page forbids
      macros: { '\\pmb': '\\boldsymbol{#1}', '\\fcolorbox': '\\boxed{#3}' },
    });
  } catch {
    place.textContent = source; // not a formula, or one past its bounds
  }
}
