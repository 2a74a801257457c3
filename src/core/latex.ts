/** One spelling for a LaTeX value: no delimiters, no spacing commands, one name per command. */
export function normaliseLatex(text: string): string {
  return text
    .replace(/\$|\\[()[\]]|\\(?:left|right)\b|\\[!,;: ]/g, '')
    .replace(/\\[dtc]frac\b/g, '\\frac')
    .replace(/\s+/g, '')
    .replace(/[.,]$/, '');
}
