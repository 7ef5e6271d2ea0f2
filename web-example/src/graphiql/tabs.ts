// The tabs that GraphiQL opens with.

const logIn = `# Run this first: its access token then goes
# into the headers of every tab by itself.
mutation LogIn {
  sessionCreate(
    input: {
      email: "ana@demo.test"
      password: "demo"
    }
  ) {
    session {
      accessToken
      expiresAt
    }
    viewer {
      name
      role
    }
    userErrors {
      code
      message
    }
  }
}
`;

const findClients = `# Finds clients as one types: by beginnings of
# words; accents and case do not matter.
query FindClients {
  clientSearch(text: "gonz", first: 5) {
    score
    matchedField
    client {
      id
      number
      name
      phone
    }
  }
}
`;

const page = `# A page of clients, each with its advisor, what
# can be done with it, and its last entries.
query ClientsWithHistory($after: String) {
  clients(
    first: 10
    after: $after
    orderBy: { field: UPDATED_AT, direction: DESC }
  ) {
    totalCount
    nodes {
      id
      number
      name
      status
      advisor {
        name
      }
      availableActions {
        action
        enabled
        blockedBy {
          code
          message
        }
      }
      eventLog(first: 3) {
        nodes {
          kind
          text
          occurredAt
          author {
            name
          }
        }
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`;

const append = `# Adds a note to a history (see Variables). Run it
# twice with the same key: it is written once.
mutation AppendNote($input: EventlogAppendInput!) {
  eventlogAppend(input: $input) {
    entry {
      id
      text
      occurredAt
      author {
        name
      }
    }
    userErrors {
      code
      field
      message
    }
  }
}
`;

const json = (value: unknown) => JSON.stringify(value, null, 2);

export const tabs = [
  { query: logIn },
  { query: findClients },
  { query: page, variables: json({ after: null }) },
  {
    query: append,
    variables: json({
      input: {
        clientId: 'an id from one of the other tabs',
        kind: 'NOTE',
        text: 'Called back: wants an offer by Friday.',
        idempotencyKey: 'any-text-of-yours-1',
      },
    }),
  },
];
