/** Colours of the present theme as a canvas takes them, by the names of their custom properties. */
export function themeColours<Name extends string>(
  element: HTMLElement,
  names: readonly Name[],
): Readonly<Record<Name, string>> {
  const before = element.style.color;
  const resolved = names.map((name) => {
    element.style.color = `var(--${name})`;
    return [name, getComputedStyle(element).color] as const;
  });
  element.style.color = before;
  return Object.fromEntries(resolved) as Record<Name, string>;
}
