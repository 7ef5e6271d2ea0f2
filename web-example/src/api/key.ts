import { useRef } from 'react';

/** A new idempotency key. `crypto.randomUUID` is missing on pages served over plain HTTP from another machine. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Adds an idempotency key that stays the same as long as the input does, so that a second click, or a retry after a lost
 * answer, is the same operation.
 */
export function useKeyed() {
  const last = useRef({ text: '', key: '' });
  return <Input extends object>(input: Input): Input & { idempotencyKey: string } => {
    const text = JSON.stringify(input);
    if (text !== last.current.text) last.current = { text, key: newKey() };
    return { ...input, idempotencyKey: last.current.key };
  };
}
