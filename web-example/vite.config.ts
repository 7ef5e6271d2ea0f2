import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { serviceWorker } from './scripts/worker';

export default defineConfig({
  plugins: [react(), serviceWorker()],
  server: { proxy: { '/graphql': { target: 'http://127.0.0.1:8080', ws: true } } },
  build: {
    // The first versions that know light-dark() in CSS.
    target: ['chrome123', 'edge123', 'firefox120', 'safari17.5'],
    // GraphiQL's editor is large, and only its page loads it.
    chunkSizeWarningLimit: 8000,
    rolldownOptions: {
      input: ['index.html', 'graphiql.html'],
      // Directives for the React compiler, in GraphiQL's files.
      checks: { moduleLevelDirective: false },
    },
  },
});
