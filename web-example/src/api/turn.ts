/** Runs tasks of the same name one at a time, across all tabs. */
export const inTurn = <Value>(name: string, work: () => Promise<Value>): Promise<Value> => {
  // Pages served over plain HTTP from another machine have no locks; there, tabs do not wait for each other.
  if (navigator.locks) return navigator.locks.request(name, work) as Promise<Value>;
  const turn = (turns.get(name) ?? Promise.resolve()).then(work);
  turns.set(name, turn.catch(() => {}));
  return turn;
};

const turns = new Map<string, Promise<unknown>>();
