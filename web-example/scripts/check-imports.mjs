// Features must not depend on each other, and everything else may use them only through the list of all features
// (src/features/index.ts). Refuses other imports, and the use of another feature's operations and fragments.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Kind, parse, visit } from 'graphql';

const FROM = /(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'/g;
const GENERATED = /import (?:type )?\{([^}]*)\} from '[^']*api\/gql\/graphql'/g;
/** What codegen appends to the names of operations and fragments. */
const SUFFIX = /(Document|Fragment|Query|Mutation|Subscription)(Variables)?$/;

/** The violations in a `src` folder, one line each. */
export function strays(src) {
  const files = readdirSync(src, { recursive: true }).filter((file) => /\.(ts|tsx|graphql)$/.test(file)).sort();
  const textOf = (file) => readFileSync(join(src, file), 'utf8');
  /** The feature that a file belongs to, or null. */
  const featureOf = (file) => /^features\/([^/]+)\//.exec(file)?.[1] ?? null;
  const wrong = [];

  /** The features that declare each operation and fragment; null stands for a file outside the features. */
  const owners = new Map();
  for (const file of files.filter((each) => each.endsWith('.graphql'))) {
    for (const { name } of parse(textOf(file)).definitions) {
      owners.set(name.value, [...(owners.get(name.value) ?? []), featureOf(file)]);
    }
  }
  const mayUse = (file, name) => {
    const owned = owners.get(name) ?? [null];
    return file === 'features/Feature.ts' || owned.includes(null) || owned.includes(featureOf(file));
  };

  for (const file of files) {
    const feature = featureOf(file);
    const text = textOf(file);
    const uses = [];
    if (file.endsWith('.graphql')) {
      visit(parse(text), { [Kind.FRAGMENT_SPREAD]: ({ name }) => void uses.push(name.value) });
    } else {
      for (const [, path] of text.matchAll(FROM)) {
        const target = relative(src, resolve(src, dirname(file), path));
        const other = /^features\/([^/]+)/.exec(target)?.[1];
        const isList = target === 'features' || target === 'features/index';
        if (feature && isList) wrong.push(`${file} imports the list of all features: call useFeatures() instead`);
        else if (other && !isList && other !== 'Feature' && other !== feature && file !== 'features/index.ts') {
          wrong.push(`${file} imports from the feature ${other}`);
        }
      }
      for (const [, names] of text.matchAll(GENERATED)) {
        uses.push(...names.split(',').map((name) => name.replace(/\btype\b/, '').trim().replace(SUFFIX, '')));
      }
    }
    for (const name of uses) if (!mayUse(file, name)) wrong.push(`${file} uses ${name} of the feature ${owners.get(name)}`);
  }
  return wrong;
}

const self = fileURLToPath(import.meta.url);
if (process.argv[1] === self) {
  const wrong = strays(join(dirname(self), '../src'));
  for (const line of wrong) console.error(`src/${line}`);
  process.exitCode = wrong.length > 0 ? 1 : 0;
}
