// What this device stores of a person: a separate database for each, so that nobody sees another person's data.

/** The last answers to queries, and the unsent changes. */
const tables = { answers: 'key', works: 'key' } as const;
export type Table = keyof typeof tables;
/** The index of answers by age. */
const BY_AGE = 'at';

/** How long answers are kept, in milliseconds. */
const KEPT = 7 * 86_400_000;

const nameOf = (userId: string) => `cabina.${userId}`;
const opened = new Map<string, Store>();

export type Store = ReturnType<typeof open>;

/** The store of a person, opened once. */
export function storeOf(userId: string): Store {
  const store = opened.get(userId) ?? open(userId);
  opened.set(userId, store);
  store.welcome();
  return store;
}

/** At the end of a session: deletes all stored answers and, with `unsent`, the unsent changes too. */
export async function forgetPerson(userId: string, { unsent }: { unsent: boolean }) {
  const store = storeOf(userId);
  // Unsent changes are still stored: an answer may be on its way, or the person may be making another change.
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
  /** The person has left: answers that arrive from now on are not stored. */
  let left = false;
  /** If the browser provides no database, everything is kept in memory as long as the page is open. */
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
    /** The person is back: store answers again. */
    welcome() {
      left = false;
    },
    /** Deletes the answers, and stores no more of them until the person is back. */
    async forget() {
      left = true;
      await store.clear('answers');
    },
    /** Deletes everything, and stores nothing any more. */
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
