import { useRef } from 'react';

/** A fresh idempotency key. `crypto.randomUUID` is missing where a page came over plain HTTP from another machine. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Adds a key that stays while the input does: a second click, or a second try after a lost answer, is the same work. */
export function useKeyed() {
  const last = useRef({ text: '', key: '' });
  return <Input extends object>(input: Input): Input & { idempotencyKey: string } => {
    const text = JSON.stringify(input);
    if (text !== last.current.text) last.current = { text, key: newKey() };
    return { ...input, idempotencyKey: last.current.key };
  };
}
