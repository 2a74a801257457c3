/** `vite build web` makes the page, `vite build web --mode report` the template that reports are written into. */
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { defineConfig } from 'vite';
import { singleFile } from './single-file.ts';

const inFolder = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig(({ mode }) => {
  const report = mode === 'report';
  return {
    root: inFolder('.'),
    base: './',
    publicDir: report ? false : inFolder('public'),
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    define: { __REPORT__: String(report) },
    plugins: [modernFontsOnly(), ...(report ? [singleFile()] : [])],
    build: {
      outDir: inFolder('dist'),
      emptyOutDir: !report,
      target: 'es2022',
      assetsInlineLimit: 0, // the policy lets fonts come from files only
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      rolldownOptions: {
        input: inFolder(report ? 'report.html' : 'index.html'),
        output: { codeSplitting: !report },
      },
    },
  };
});

/** KaTeX offers each font in three formats; every browser that reads the page reads the first. */
function modernFontsOnly(): Plugin {
  return {
    name: 'modern-fonts-only',
    enforce: 'pre',
    transform(code, id) {
      if (!id.includes('katex') || !id.includes('.css')) return null;
      return code.replace(/,\s*url\([^)]*\.(?:woff|ttf)\)\s*format\("(?:woff|truetype)"\)/g, '');
    },
  };
}
