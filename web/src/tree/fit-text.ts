/** Cuts a text into at most so many lines of so many characters, at spaces where there are any; the last one ends in … when more was left. */
export function fitText(text: string, characters: number, lines: number): string[] {
  const fitted: string[] = [];
  let rest = text.replace(/\s+/g, ' ').trim();
  while (rest !== '' && fitted.length < lines) {
    const length = [...rest].length;
    if (length <= characters) {
      fitted.push(rest);
      return fitted;
    }
    const head = [...rest].slice(0, characters + 1).join('');
    const last = fitted.length === lines - 1;
    const space = head.lastIndexOf(' ');
    const end =
      !last && space > characters / 2
        ? space
        : [...rest].slice(0, characters - (last ? 1 : 0)).join('').length;
    fitted.push(rest.slice(0, end).trimEnd() + (last ? '…' : ''));
    rest = rest.slice(end).trimStart();
  }
  return fitted;
}
