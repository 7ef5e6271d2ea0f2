import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for a condition; `describe` tells what there was instead. */
export async function until(condition, describe, seconds = 20) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(10)) {
    if (condition()) return;
  }
  throw new Error(`waited ${seconds} seconds in vain: ${JSON.stringify(describe())}`);
}
