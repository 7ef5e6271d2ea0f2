import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  server: { proxy: { '/graphql': 'http://127.0.0.1:8080' } },
  build: {
    target: 'es2022',
    // GraphiQL's editor is large, and only its page loads it.
    chunkSizeWarningLimit: 8000,
    rollupOptions: { input: ['index.html', 'graphiql.html'] },
  },
});
