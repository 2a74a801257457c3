import { createHash } from 'node:crypto';
import type { Plugin } from 'vite';

/** Where a report's data goes: a block that no browser runs. */
const DATA = '<script type="application/json" id="data"></script>';

/**
 * Puts the one script and the one style of a build into its HTML file, behind a policy that admits exactly these two and
 * fetches nothing, so that the file opens from disk.
 */
export function singleFile(): Plugin {
  return {
    name: 'single-file',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const files = Object.values(bundle);
        const page = files.find((file) => file.fileName.endsWith('.html'));
        const scripts = files.filter((file) => file.type === 'chunk');
        const styles = files.filter((file) => file.fileName.endsWith('.css'));
        if (page?.type !== 'asset' || scripts.length !== 1 || styles.length > 1 || files.length > 3)
          throw new Error(
            `A single file is made of one page, one script and one style; there are ${files.map(({ fileName }) => fileName).join(', ')}`,
          );
        const script = inert(scripts.map(({ code }) => code).join(''), 'script');
        const style = inert(
          styles.map((file) => (file.type === 'asset' ? String(file.source) : '')).join(''),
          'style',
        );
        const policy = [
          "default-src 'none'",
          `script-src '${digest(script)}'`,
          `style-src '${digest(style)}'`,
          "base-uri 'none'",
          "form-action 'none'",
          "require-trusted-types-for 'script'",
          "trusted-types 'none'",
        ].join('; ');
        const html = String(page.source)
          .replace(/\s*<script[^>]*><\/script>/g, '')
          .replace(/\s*<link[^>]*rel="stylesheet"[^>]*>/g, '')
          .replace(
            '<meta charset="utf-8">',
            (charset) => `${charset}\n<meta http-equiv="Content-Security-Policy" content="${policy}">`,
          )
          .replace('</head>', () => `<style>${style}</style>\n</head>`)
          .replace('</body>', () => `${DATA}\n<script type="module">${script}</script>\n</body>`);
        for (const { fileName } of files) delete bundle[fileName];
        this.emitFile({ type: 'asset', fileName: 'report.html', source: html });
      },
    },
  };
}

/** The text of a script or style with nothing in it that an HTML parser could take for its end. */
function inert(text: string, element: 'script' | 'style'): string {
  const closed = element === 'script' ? text.replace(/<(\/script|!--)/gi, '\\x3c$1') : text;
  if (/<\/style/i.test(closed) && element === 'style') throw new Error('The style holds its own end');
  return closed;
}

function digest(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
