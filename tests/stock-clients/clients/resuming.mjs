// graphql-ws sends the same message again when it has connected again. Keeping that message's `after` at the last item
// is all that is needed to miss nothing and to get nothing twice.
export const resuming = (client) => ({
  ...client,
  subscribe(payload, sink) {
    const variables = { ...payload.variables };
    return client.subscribe({ ...payload, variables }, {
      ...sink,
      next(result) {
        const [item] = Object.values(result.data ?? {});
        if (item?.cursor) variables.after = item.cursor;
        sink.next(result);
      },
    });
  },
});
