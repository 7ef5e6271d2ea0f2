// The server with the built web example, which is built first when it is out of date.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeServer } from '../../../tests/support-node/server.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const dist = join(root, 'dist');

export function makeWebServer(variables = {}) {
  buildWhenStale();
  return makeServer({ variables: { CABINA_WEB_DIR: dist, ...variables } });
}

function buildWhenStale() {
  const built = join(dist, 'index.html');
  const sources = ['index.html', 'graphiql.html', 'package-lock.json', 'vite.config.ts', '../schema.graphql']
    .concat(['src', 'public', 'scripts'].flatMap(filesUnder));
  const latest = Math.max(...sources.map((path) => statSync(join(root, path)).mtimeMs));
  if (existsSync(built) && statSync(built).mtimeMs >= latest) return;
  execFileSync('npm', ['run', 'build'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
}

const filesUnder = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
