// Writes src/api/gql from ../schema.graphql and the operations in src/**/*.graphql. The command line of
// graphql-codegen does the same, with two hundred more packages.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { preset } from '@graphql-codegen/client-preset';
import { codegen } from '@graphql-codegen/core';
import { buildASTSchema, parse } from 'graphql';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const out = join(root, 'src/api/gql/');

const schema = parse(readFileSync(join(root, '../schema.graphql'), 'utf8'));
const documents = readdirSync(join(root, 'src'), { recursive: true })
  .filter((path) => path.endsWith('.graphql'))
  .sort()
  .map((location) => {
    const rawSDL = readFileSync(join(root, 'src', location), 'utf8');
    return { location, rawSDL, document: parse(rawSDL) };
  });

const [types] = await preset.buildGeneratesSection({
  baseOutputDir: out,
  schema,
  schemaAst: buildASTSchema(schema),
  documents,
  config: {
    useTypeImports: true,
    enumType: 'string-literal',
    nonOptionalTypename: true,
    skipTypeNameForRoot: true,
    strictScalars: true,
    scalars: {
      Cursor: 'string', Date: 'string', DateTime: 'string', Decimal: 'string', EmailAddress: 'string',
      JSON: 'unknown', PhoneNumber: 'string', URL: 'string',
    },
  },
  presetConfig: { fragmentMasking: false },
  documentTransforms: [],
  plugins: [],
  pluginMap: {},
});

const content = await codegen(types);
// An unchanged file keeps its date, so nothing is built again for it.
if (!existsSync(types.filename) || readFileSync(types.filename, 'utf8') !== content) {
  mkdirSync(out, { recursive: true });
  writeFileSync(types.filename, content);
}
