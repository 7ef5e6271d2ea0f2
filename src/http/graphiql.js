
      if (window.GraphiQL) {
        const fetcher = GraphiQL.createFetcher({ url: new URL('/graphql', location.href).toString() });
        ReactDOM.createRoot(document.getElementById('graphiql')).render(
          React.createElement(GraphiQL, { fetcher, defaultEditorToolsVisibility: 'headers' }),
        );
      }
    
