import assert from 'node:assert/strict';
import { AxeBuilder } from '@axe-core/playwright';

export async function assertAccessible(page, screen) {
  // Dialogs and lists fade in, and are pale until then.
  await page.waitForTimeout(400);
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} ${target.join(' ')}: ${failureSummary}`));
  assert.deepEqual(serious, [], screen);
}
