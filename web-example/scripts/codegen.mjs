// Writes src/api/gql from ../schema.graphql and the operations in src/**/*.graphql. The command line of
// graphql-codegen does much the same, with two hundred more packages.
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
    if (known && (definition.kind !== Kind.OPERATION_DEFINITION || headOf(known) !== headOf(definition))) {
      throw new Error(`src/${path}: ${name} is written elsewhere too, and not in the same way`);
    }
    definitions.set(name, known ? { ...known, selectionSet: joined(known.selectionSet, definition.selectionSet) } : definition);
  }
}
const document = { kind: Kind.DOCUMENT, definitions: [...definitions.values()] };

/**
 * An operation that is written in several files is one, which asks for all that they ask for: so each feature says in its
 * own folder what it needs of the feed, or of a client that is opened.
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

/** The name, type and arguments of an operation, a field or a fragment, without what is selected in it. */
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
// An unchanged file keeps its date, so nothing is built again for it.
if (!existsSync(types.filename) || readFileSync(types.filename, 'utf8') !== content) {
  mkdirSync(out, { recursive: true });
  writeFileSync(types.filename, content);
}
