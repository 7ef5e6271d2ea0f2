// Writes src/api/gql from ../schema.graphql and the operations in src/**/*.graphql. The command line tool of
// graphql-codegen would need two hundred more packages, and could not join operations (see `joined`).
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { preset } from '@graphql-codegen/client-preset';
import { codegen } from '@graphql-codegen/core';
import { buildASTSchema, Kind, parse, print } from 'graphql';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const out = join(root, 'src/api/gql/');

const schema = parse(readFileSync(join(root, '../schema.graphql'), 'utf8'));
const definitions = new Map();
for (const path of readdirSync(join(root, 'src'), { recursive: true }).sort()) {
  if (!path.endsWith('.graphql')) continue;
  for (const definition of parse(readFileSync(join(root, 'src', path), 'utf8')).definitions) {
    const name = definition.name.value;
    const known = definitions.get(name);
    if (known && headOf(known) !== headOf(definition)) {
      throw new Error(`src/${path}: another file declares ${name} differently`);
    }
    const selectionSet = joined(known?.selectionSet, definition.selectionSet);
    definitions.set(name, { ...definition, selectionSet });
  }
}
const document = { kind: Kind.DOCUMENT, definitions: [...definitions.values()] };

/**
 * Operations, or fragments, with the same name in several files become one that selects everything they select. So each
 * feature says in its own folder what it needs from the feed, from a client that is opened or from a notification.
 */
function joined(one, other) {
  if (!one || !other) return one ?? other;
  const selections = [...one.selections];
  for (const selection of other.selections) {
    const at = selections.findIndex((each) => headOf(each) === headOf(selection));
    if (at < 0) selections.push(selection);
    else selections[at] = { ...selections[at], selectionSet: joined(selections[at].selectionSet, selection.selectionSet) };
  }
  return { ...one, selections };
}

/** An operation, a field or a fragment without its selections: its name, type and arguments. */
function headOf(selection) {
  return print({ ...selection, selectionSet: undefined });
}

const [types] = await preset.buildGeneratesSection({
  baseOutputDir: out,
  schema,
  schemaAst: buildASTSchema(schema),
  documents: [{ location: 'src', rawSDL: print(document), document }],
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
// Leave an unchanged file alone, so that its date causes no new build.
if (!existsSync(types.filename) || readFileSync(types.filename, 'utf8') !== content) {
  mkdirSync(out, { recursive: true });
  writeFileSync(types.filename, content);
}
