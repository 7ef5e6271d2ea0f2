import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './graphiql.css';
import { useGraphiQL } from '@graphiql/react';
import { GraphiQL } from 'graphiql';
import { useEffect, useRef } from 'react';
import { createRoot } from 'react-dom/client';
import { tabs } from './tabs';
import { fetcher, headersWith, useToken } from './token';

/** Writes the token into the headers of the open tab, unless the person has written headers there. */
function TokenIntoHeaders() {
  const token = useToken();
  const editor = useGraphiQL((state) => state.headerEditor);
  const tab = useGraphiQL((state) => state.activeTabIndex);
  const ours = useRef(new Set(['']));
  useEffect(() => {
    if (!token || !editor || !ours.current.has(editor.getValue().trim())) return;
    const headers = headersWith(token);
    ours.current.add(headers);
    editor.setValue(headers);
  }, [token, editor, tab]);
  return null;
}

createRoot(document.getElementById('root')!).render(
  <GraphiQL fetcher={fetcher} defaultTabs={tabs} isHeadersEditorEnabled defaultEditorToolsVisibility="headers">
    <GraphiQL.Logo>
      <a href="/" className="home">
        cabina
      </a>
    </GraphiQL.Logo>
    <GraphiQL.Footer>
      <p className="note">
        Run <b>LogIn</b> first: its access token then goes into the <b>Headers</b> of every tab by itself, as{' '}
        <code>{'{ "authorization": "Bearer …" }'}</code>. When it has ended (<code>UNAUTHENTICATED</code>), run LogIn
        again. Another person, or an API key: write the header yourself.
      </p>
      <TokenIntoHeaders />
    </GraphiQL.Footer>
  </GraphiQL>,
);
