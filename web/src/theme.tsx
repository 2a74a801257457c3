import { useEffect, useState } from 'preact/hooks';
import { Icon } from './icon.tsx';

const THEMES = ['auto', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

const KEY = 'reckon-theme';
const NAMES: Readonly<Record<Theme, string>> = { auto: 'as the system', light: 'light', dark: 'dark' };

/** Shows the theme that was chosen last. Called before anything is drawn. */
export function restoreTheme(): void {
  show(stored());
}

/** Steps through: as the system, light, dark. */
export function ThemeButton() {
  const [theme, setTheme] = useState(stored);
  useEffect(() => show(theme), [theme]);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto';
  const choose = () => {
    setTheme(next);
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // a browser that keeps nothing: the choice holds until the page is left
    }
  };
  const label = `Colours: ${NAMES[theme]}. Change to ${NAMES[next]}`;
  return (
    <button type="button" class="icon-button" onClick={choose} aria-label={label} title={label}>
      <Icon name={theme} />
    </button>
  );
}

function stored(): Theme {
  try {
    return THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? 'auto';
  } catch {
    return 'auto'; // storage is closed to this page
  }
}

function show(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  dispatchEvent(new Event('theme'));
}
