// Python's gql, in a process of its own that is spoken to in lines of JSON, and in an environment that is made here.
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const run = promisify(execFile);
const requirements = join(here, '../requirements.txt');
const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
const place = join(here, `../node_modules/.cache/gql-${wanted}`);
const python = join(place, 'bin/python');

/** Makes the environment, unless it is there. */
export async function prepare() {
  if (existsSync(join(place, 'complete'))) return;
  await rm(place, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', place]).catch((error) => {
    throw new Error(`python3 and its venv are needed (Debian: python3-venv)\n${error.stdout}${error.stderr}`);
  });
  await run(python, ['-m', 'pip', 'install', '--quiet', '--requirement', requirements]);
  await writeFile(join(place, 'complete'), '');
}

export function open({ socketUrl, token, lost }) {
  const child = spawn(python, ['-u', join(here, 'gql_client.py'), socketUrl], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.on('error', () => {}); // it ended, which is told below
  const say = (message) => child.stdin.write(`${JSON.stringify(message)}\n`);
  const followers = [];
  createInterface({ input: child.stdout }).on('line', async (line) => {
    const { stream, item, failed, lost: code, token: asked } = JSON.parse(line);
    if (asked) say({ token: await token() });
    else if (code !== undefined) lost(code);
    else if (failed) followers[stream].failed(failed);
    else followers[stream].item(item);
  });
  const gone = once(child, 'exit');
  void gone.then(([code]) => followers.forEach(({ failed }) => failed([`the Python process ended with ${code}`])));
  return {
    follow(query, variables, follower) {
      say({ stream: followers.push(follower) - 1, query, variables });
    },
    async close() {
      child.stdin.end();
      const deadline = setTimeout(() => child.kill('SIGKILL'), 10_000);
      const [code] = await gone;
      clearTimeout(deadline);
      if (code !== 0) throw new Error(`the Python process ended with ${code}`);
    },
  };
}
