/** Works that bear the same name take turns, also those of other tabs. */
export const inTurn = <Value>(name: string, work: () => Promise<Value>): Promise<Value> => {
  // A page that came over plain HTTP from another machine has no locks; there, tabs do not wait for each other.
  if (navigator.locks) return navigator.locks.request(name, work) as Promise<Value>;
  const turn = (turns.get(name) ?? Promise.resolve()).then(work);
  turns.set(name, turn.catch(() => {}));
  return turn;
};

const turns = new Map<string, Promise<unknown>>();
