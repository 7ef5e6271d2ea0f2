import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Plugin, Rolldown } from 'vite';

/** Writes the service worker with the app's files. GraphiQL is left out: it needs a server. */
export const serviceWorker = (): Plugin => ({
  name: 'cabina-service-worker',
  apply: 'build',
  // After the pages are written: their content is part of the version.
  enforce: 'post',
  generateBundle(_, bundle) {
    const files = new Set(readdirSync('public'));
    const add = (name: string) => {
      const chunk = bundle[name];
      if (files.has(name) || chunk?.type !== 'chunk') return;
      files.add(name);
      chunk.viteMetadata?.importedCss.forEach((css) => files.add(css));
      chunk.imports.forEach(add);
    };
    const isApp = (each: Rolldown.OutputAsset | Rolldown.OutputChunk) =>
      each.type === 'chunk' && each.isEntry && each.facadeModuleId?.endsWith('/index.html');
    Object.values(bundle).filter(isApp).forEach(({ fileName }) => add(fileName));
    const index = bundle['index.html'];
    const paths = [...files].sort().map((file) => `/${file}`);
    const worker = readFileSync('src/offline/worker.js', 'utf8');
    const hash = createHash('sha256').update(JSON.stringify(paths)).update(worker);
    if (index?.type === 'asset') hash.update(index.source);
    for (const file of readdirSync('public')) hash.update(readFileSync(`public/${file}`));
    const head = `const VERSION = '${hash.digest('hex').slice(0, 16)}';\nconst FILES = ${JSON.stringify(paths)};\n`;
    this.emitFile({ type: 'asset', fileName: 'worker.js', source: head + worker });
  },
});
