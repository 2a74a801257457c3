import { useState } from 'preact/hooks';
import { Icon } from './icon.tsx';

/** A command to run in a terminal, with a button that copies it. */
export function Command({ text }: { readonly text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      setTimeout(() => setCopied(false), 1_500);
    } catch {
      // no access to the clipboard: the command can be selected
    }
  };
  return (
    <span class="command">
      <code>{text}</code>
      <button
        type="button"
        class="icon-button"
        aria-label={copied ? 'Copied' : `Copy ${text}`}
        onClick={copy}
      >
        <Icon name={copied ? 'done' : 'copy'} />
      </button>
    </span>
  );
}
