import { useEffect, useRef } from 'preact/hooks';
import { formulas } from '../../../src/core/math-spans.ts';

/** Formulas of one text that are set as such; a text with more stays as it was written from there on. */
const MOST_FORMULAS = 200;
const LONGEST_FORMULA = 2_000; // characters
/** Only so much of a text is searched for formulas. */
const SEARCHED_CHARACTERS = 100_000;

interface ModelTextProps {
  readonly text: string;
  readonly class?: string;
}

/** Text of a model, a data file or a tool. It reaches the page as text nodes; formulas are set by KaTeX, which is loaded for the first of them. */
export function ModelText({ text, class: className = '' }: ModelTextProps) {
  return <div class={`model-text ${className}`}>{partsOf(text)}</div>;
}

function partsOf(text: string) {
  const parts = [];
  let end = 0;
  let number = 0;
  for (const formula of formulas(text.slice(0, SEARCHED_CHARACTERS))) {
    if (++number > MOST_FORMULAS) break;
    if (formula.content.length > LONGEST_FORMULA) continue;
    parts.push(text.slice(end, formula.start));
    parts.push(
      <Formula
        key={number}
        tex={formula.content}
        source={text.slice(formula.start, formula.end)}
        display={formula.display}
      />,
    );
    end = formula.end;
  }
  parts.push(text.slice(end));
  return parts;
}

interface FormulaProps {
  readonly tex: string;
  readonly source: string; // with its delimiters
  readonly display: boolean;
}

/** A formula; its source until it is set, and for good where it is not one. */
function Formula({ tex, source, display }: FormulaProps) {
  const place = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    let left = false;
    void import('./set-formula.ts').then(({ setFormula }) => {
      if (!left && place.current) setFormula(place.current, { tex, source, display });
    });
    return () => {
      left = true;
    };
  }, [tex, source, display]);
  return (
    <span ref={place} class="formula">
      {source}
    </span>
  );
}
