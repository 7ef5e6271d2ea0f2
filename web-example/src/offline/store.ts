// What this device keeps of a person: a database of its own for each, so that nobody is ever shown what is another's.

/** The last answers to queries, and what was done without a connection. */
const tables = { answers: 'key', works: 'key' } as const;
export type Table = keyof typeof tables;
/** Keeps the order in which answers were last heard. */
const BY_AGE = 'at';

/** Answers that are older are not shown any more. */
const KEPT = 7 * 86_400_000;

const nameOf = (userId: string) => `cabina.${userId}`;
const opened = new Map<string, Store>();

export type Store = ReturnType<typeof open>;

/** The person's store, the same for all who ask. */
export function storeOf(userId: string): Store {
  const store = opened.get(userId) ?? open(userId);
  opened.set(userId, store);
  store.welcome();
  return store;
}

/** At the end of a session: nothing that was seen stays. What was done and not sent does, unless the person wants so. */
export async function forgetPerson(userId: string, { unsent }: { unsent: boolean }) {
  const store = storeOf(userId);
  // Works go on being kept: the answer to one may be on its way, and a person may be doing another just now.
  if (!unsent) return store.forget();
  opened.delete(userId);
  await store.close();
}

const done = <Value>(request: IDBRequest<Value>) =>
  new Promise<Value>((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

function open(userId: string) {
  let closed = false;
  /** The person has left: what was seen, and what is still on its way, is kept no more. */
  let left = false;
  /** Where a browser has no database to give, things are kept for as long as the page lives. */
  const memory = { answers: new Map<string, unknown>(), works: new Map<string, unknown>() };
  const database = connect(nameOf(userId)).catch(() => null);

  async function use<Value>(
    table: Table,
    mode: IDBTransactionMode,
    work: (rows: IDBObjectStore) => IDBRequest,
    without: (rows: Map<string, unknown>) => Value,
  ): Promise<Value> {
    const db = await database;
    if (!db || closed) return without(memory[table]);
    return done(work(db.transaction(table, mode).objectStore(table)));
  }

  const store = {
    all: <Row>(table: Table): Promise<Row[]> =>
      use<Row[]>(table, 'readonly', (rows) => rows.getAll(), (rows) => [...rows.values()] as Row[]),
    get: <Row>(table: Table, key: string): Promise<Row | undefined> =>
      use<Row | undefined>(table, 'readonly', (rows) => rows.get(key), (rows) => rows.get(key) as Row | undefined),
    put: async (table: Table, row: { key: string }) => {
      if (left && table === 'answers') return;
      await use<unknown>(table, 'readwrite', (rows) => rows.put(row), (rows) => rows.set(row.key, row));
    },
    remove: async (table: Table, key: string) =>
      void (await use<unknown>(table, 'readwrite', (rows) => rows.delete(key), (rows) => rows.delete(key))),
    clear: async (table: Table) =>
      void (await use<unknown>(table, 'readwrite', (rows) => rows.clear(), (rows) => rows.clear())),
    /** The person is back. */
    welcome() {
      left = false;
    },
    /** Empties what was seen; what comes after is not kept until the person is back. */
    async forget() {
      left = true;
      await store.clear('answers');
    },
    /** Empties everything; what comes after is not kept any more. */
    async close() {
      closed = true;
      for (const rows of Object.values(memory)) rows.clear();
      const db = await database;
      if (!db) return;
      await Promise.all(
        Object.keys(tables).map((table) => done(db.transaction(table, 'readwrite').objectStore(table).clear())),
      );
      db.close();
    },
  };
  void database.then((db) => db && sweep(db));
  return store;
}

async function connect(name: string) {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    for (const [table, keyPath] of Object.entries(tables)) request.result.createObjectStore(table, { keyPath });
    request.transaction?.objectStore('answers').createIndex(BY_AGE, 'at');
  };
  return done(request);
}

async function sweep(db: IDBDatabase) {
  const answers = db.transaction('answers', 'readwrite').objectStore('answers');
  const old = await done(answers.index(BY_AGE).getAllKeys(IDBKeyRange.upperBound(Date.now() - KEPT)));
  for (const key of old) answers.delete(key);
}
