import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { strays } from '../scripts/check-imports.mjs';

/** The violations in these files. */
async function wrongIn(t, files) {
  const src = await mkdtemp(join(tmpdir(), 'cabina-imports-'));
  t.after(() => rm(src, { recursive: true }));
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(src, file)), { recursive: true });
    await writeFile(join(src, file), text);
  }
  return strays(src);
}

test('features depend on each other only through the list of all', async (t) => {
  const wrong = await wrongIn(t, {
    'features/index.ts': "import { bays } from './bays/feature';\n",
    'features/Feature.ts': "import type { BayQuery } from '../api/gql/graphql';\n",
    'features/bays/feature.ts': "import type { Feature } from '../Feature';\nimport { Bays } from './Bays';\n",
    'features/bays/Bays.tsx': "import { pathOf } from '../clients/path';\nimport { features } from '..';\n",
    'app/App.tsx': "import { features } from '../features';\nimport { Bays } from '../features/bays/Bays';\n",
    'live/Live.tsx': "const Bays = lazy(() => import('../features/bays/Bays'));\n",
  });
  assert.deepEqual(wrong, [
    'app/App.tsx imports from the feature bays',
    'features/bays/Bays.tsx imports from the feature clients',
    'features/bays/Bays.tsx imports the list of all features: call useFeatures() instead',
    'live/Live.tsx imports from the feature bays',
  ]);
});

test('a feature uses no operation and no fragment of another', async (t) => {
  const wrong = await wrongIn(t, {
    'live/feed.graphql': 'subscription Feed { feed { __typename } }',
    'session/session.graphql': 'fragment Viewer on User { id }',
    'features/bays/bays.graphql':
      'fragment Bay on Bay { id }\nsubscription Feed { feed { ...Bay } }\nquery Bays { bays { ...Bay } }',
    'features/bays/Bays.tsx': "import { BaysDocument, type BayFragment, FeedDocument } from '../../api/gql/graphql';\n",
    'features/lifts/lifts.graphql': 'query Lifts { lifts { bay { ...Bay } by { ...Viewer } } }',
    'features/lifts/Lifts.tsx':
      "import {\n  BaysDocument, LiftsDocument, type LiftsQueryVariables,\n} from '../../api/gql/graphql';\n",
  });
  assert.deepEqual(wrong, [
    'features/lifts/Lifts.tsx uses Bays of the feature bays',
    'features/lifts/lifts.graphql uses Bay of the feature bays',
  ]);
});
