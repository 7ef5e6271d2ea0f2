import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible } from './support/accessible.mjs';
import { asks, newClient, reaches, tokenOf, useApp } from './support/app.mjs';

let ana, sofia, client;
const app = useApp(async () => {
  ana = await tokenOf(app.url, 'ana@demo.test');
  sofia = await tokenOf(app.url, 'sofia@demo.test');
  client = await newClient(app.url, ana, { name: 'Eulalia Zamarripa', phone: '+524491234567' });
});
const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const supervisor = { as: 'sofia@demo.test' };

// Each test has a week of its own, in 2027: the demo's people live six hours behind UTC, all year.
let weeks = 0;
const newWeek = () => {
  weeks += 1;
  const day = (count) => new Date(Date.UTC(2027, 1, 1 + 7 * weeks + count)).toISOString().slice(0, 10);
  const at = (count, clock) => new Date(Date.parse(`${day(count)}T${clock}:00Z`) + 6 * 3_600_000).toISOString();
  return { day, at, path: `/agenda?view=week&day=${day(1)}` };
};
const make = async (input, token = ana) => {
  const { agendaEventCreate } = await asks(
    app.url,
    `mutation ($input: AgendaEventCreateInput!) {
      agendaEventCreate(input: $input) { agendaEvent { id version title } userErrors { code message } }
    }`,
    { input },
    token,
  );
  assert.deepEqual(agendaEventCreate.userErrors, []);
  return agendaEventCreate.agendaEvent;
};
const startOf = async ({ id }) =>
  Date.parse(
    (await asks(app.url, 'query ($id: ID!) { agendaEvent(id: $id) { start } }', { id }, ana)).agendaEvent.start,
  );
const column = (page, day) => page.locator(`[data-hours][data-day="${day}"]`);
const chip = (page, title) => page.getByRole('button', { name: title });
const dayOf = (part) => part.evaluate((each) => each.closest('[data-day]')?.dataset.day);
const clockOf = async (part) => (await part.textContent()).match(/\d+:\d\d/)[0];
/** Presses an event and moves to this hour of a day; `release` lets go. */
const carry = async (page, event, day, hour) => {
  await event.scrollIntoViewIfNeeded();
  const from = await event.boundingBox();
  const to = await column(page, day).boundingBox();
  await page.mouse.move(from.x + 20, from.y + 4);
  await page.mouse.down();
  await page.mouse.move(to.x + 30, to.y + (to.height * hour) / 24 + 4, { steps: 6 });
};
const release = (page) => page.mouse.up();
const at = (page, title, day, clock) =>
  reaches(chip(page, title), [day, clock], async (part) => [await dayOf(part.first()), await clockOf(part.first())]);
const open = async (page, title) => {
  await chip(page, title).first().click();
  await page.getByRole('dialog').getByRole('heading', { name: title }).waitFor();
};

test('an event is made with the form, seen by colleagues, and in the month and the day', async (t) => {
  const week = newWeek();
  const page = await app.signedIn(t, { path: week.path });
  const other = await app.signedIn(t, { path: week.path, ...supervisor });
  // A click on an empty hour begins there.
  await column(page, week.day(1)).scrollIntoViewIfNeeded();
  const box = await column(page, week.day(1)).boundingBox();
  await page.mouse.click(box.x + 40, box.y + (box.height * 11) / 24 + 3);
  const dialog = page.getByRole('dialog', { name: 'Nuevo evento' });
  assert.equal(await dialog.getByLabel('Fecha de inicio').inputValue(), week.day(1));
  assert.equal(await dialog.getByLabel('Hora de inicio').inputValue(), '11:00');
  await dialog.getByLabel('Título').fill('Firma del contrato');
  await dialog.getByLabel('Hora de inicio').fill('12:30');
  assert.equal(await dialog.getByLabel('Hora de fin').inputValue(), '13:30');
  await dialog.getByLabel('Cliente').fill(client.name);
  await page.getByRole('option', { name: client.name }).click();
  await dialog.getByLabel('Lugar').fill('Sucursal Norte');
  await assertAccessible(page, 'new event');
  await dialog.getByRole('button', { name: 'Guardar' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await at(page, 'Firma del contrato', week.day(1), '12:30');
  await at(other, 'Firma del contrato', week.day(1), '12:30');

  await open(page, 'Firma del contrato');
  await page.getByRole('dialog').getByText('Sucursal Norte').waitFor();
  await page.getByRole('dialog').getByRole('link', { name: client.name }).click();
  await page.getByRole('heading', { level: 1, name: client.name }).waitFor();
  await page.getByRole('region', { name: 'Agenda' }).getByRole('link', { name: 'Firma del contrato' }).click();
  await column(page, week.day(1)).waitFor();
  await page.getByRole('radiogroup', { name: 'Vista' }).getByText('Mes').click();
  await page.getByRole('table').waitFor();
  await at(page, 'Firma del contrato', week.day(1), '12:30');
  // In the month the day changes, and the hour stays.
  await chip(page, 'Firma del contrato').hover();
  await page.mouse.down();
  const cell = await page.getByRole('cell').and(page.locator(`[data-day="${week.day(3)}"]`)).boundingBox();
  await page.mouse.move(cell.x + 60, cell.y + cell.height - 10, { steps: 5 });
  await release(page);
  await at(page, 'Firma del contrato', week.day(3), '12:30');
  await at(other, 'Firma del contrato', week.day(3), '12:30');
});

test('what is dragged on one screen moves on the other', async (t) => {
  const week = newWeek();
  const event = await make({ title: 'Visita', start: week.at(1, '09:00'), end: week.at(1, '10:00') });
  await make({ title: 'Comida', start: week.at(2, '14:00'), end: week.at(2, '15:00') });
  const page = await app.signedIn(t, { path: week.path });
  const other = await app.signedIn(t, { path: week.path, ...supervisor });
  await at(other, 'Visita', week.day(1), '9:00');
  await carry(page, chip(page, 'Visita'), week.day(2), 13.5);
  await release(page);
  await at(page, 'Visita', week.day(2), '13:30');
  await at(other, 'Visita', week.day(2), '13:30');
  await page
    .getByRole('alert')
    .filter({ hasText: 'Se guardó, pero coincide con:' })
    .getByText(/^Comida/)
    .waitFor();
  assert.equal(await startOf(event), Date.parse(week.at(2, '13:30')));
  assert.equal(await page.getByRole('dialog').count(), 0);

  // Taken by its lower edge it becomes longer.
  const box = await chip(page, 'Visita').boundingBox();
  await page.mouse.move(box.x + 20, box.y + box.height - 3);
  await page.mouse.down();
  await page.mouse.move(box.x + 20, box.y + 2 * box.height, { steps: 4 });
  await release(page);
  await reaches(chip(other, 'Visita'), true, async (part) => /13:30–15:30/.test(await part.textContent()));

  // Escape lets go where it was.
  await carry(page, chip(page, 'Visita'), week.day(3), 8);
  await page.keyboard.press('Escape');
  await release(page);
  await at(page, 'Visita', week.day(2), '13:30');
});

test('of two who drag at once one is put back, is told the conflict, and both end equal', async (t) => {
  const week = newWeek();
  const event = await make({ title: 'Avalúo', start: week.at(1, '09:00'), end: week.at(1, '10:00') });
  const page = await app.signedIn(t, { path: week.path });
  const other = await app.signedIn(t, { path: week.path, ...supervisor });
  for (const each of [page, other]) {
    await at(each, 'Avalúo', week.day(1), '9:00');
    // Neither hears of the other before its own move is sent.
    await each.route('**/graphql', async (route) => {
      if (route.request().postData()?.includes('AgendaEventReschedule')) await both();
      await route.continue();
    });
  }
  let waiting = 0;
  let go;
  const gate = new Promise((resolve) => (go = resolve));
  const both = () => {
    waiting += 1;
    if (waiting === 2) go();
    return gate;
  };
  await carry(page, chip(page, 'Avalúo'), week.day(2), 11);
  await carry(other, chip(other, 'Avalúo'), week.day(3), 12);
  await Promise.all([release(page), release(other)]);
  const told = (each) => each.getByRole('alert').filter({ hasText: '«Avalúo» no se movió' });
  const loser = await Promise.race([
    told(page)
      .waitFor()
      .then(() => page),
    told(other)
      .waitFor()
      .then(() => other),
  ]);
  const winner = loser === page ? other : page;
  const [day, clock] = winner === page ? [week.day(2), '11:00'] : [week.day(3), '12:00'];
  await told(loser).getByText('Otra persona lo cambió mientras tanto. Así está ahora:').waitFor();
  await told(loser)
    .getByText(/^Inicio:/)
    .filter({ hasText: clock })
    .waitFor();
  assert.equal(await told(winner).count(), 0);
  for (const each of [page, other]) await at(each, 'Avalúo', day, clock);
  const expected = winner === page ? week.at(2, '11:00') : week.at(3, '12:00');
  assert.equal(await startOf(event), Date.parse(expected));
  await assertAccessible(loser, 'a move that was refused');
});

test('a series asks for which of its events', async (t) => {
  const week = newWeek();
  await make({
    title: 'Junta',
    start: week.at(1, '09:00'),
    end: week.at(1, '09:30'),
    recurrence: { rule: 'FREQ=DAILY;COUNT=4' },
  });
  const page = await app.signedIn(t, { path: week.path });
  const starts = () =>
    chip(page, 'Junta').evaluateAll((all) =>
      all.map((each) => `${each.closest('[data-day]').dataset.day} ${each.textContent.match(/\d+:\d\d/)[0]}`).sort(),
    );
  const four = ['9:00', '9:00', '9:00', '9:00'].map((clock, index) => `${week.day(1 + index)} ${clock}`);
  await reaches(page, four, starts);
  const second = () => column(page, week.day(2)).getByRole('button', { name: 'Junta' });
  const dialog = page.getByRole('dialog', { name: 'Mover «Junta»' });

  await carry(page, second(), week.day(2), 12);
  await release(page);
  await assertAccessible(page, 'which of a series');
  await dialog.getByRole('button', { name: 'Cancelar' }).click();
  await reaches(page, four, starts);

  await carry(page, second(), week.day(2), 12);
  await release(page);
  await dialog.getByRole('button', { name: 'Solo a este' }).click();
  await reaches(page, [four[0], `${week.day(2)} 12:00`, four[2], four[3]], starts);

  await carry(page, column(page, week.day(3)).getByRole('button', { name: 'Junta' }), week.day(3), 16);
  await release(page);
  await dialog.getByRole('button', { name: 'A este y los siguientes' }).click();
  await reaches(page, [four[0], `${week.day(2)} 12:00`, `${week.day(3)} 16:00`, `${week.day(4)} 16:00`], starts);
});

test('a rule is told in words', async (t) => {
  const week = newWeek();
  await make({
    title: 'Club',
    start: week.at(1, '09:00'),
    end: week.at(1, '10:00'),
    recurrence: { rule: 'FREQ=WEEKLY;BYDAY=TU,TH;COUNT=2' },
  });
  const page = await app.signedIn(t, { path: week.path });
  await open(page, 'Club');
  await page.getByRole('dialog').getByText('Cada semana, martes y jueves, 2 veces').waitFor();
});

test('by keyboard an event is moved, and made into whole days', async (t) => {
  const week = newWeek();
  await make({ title: 'Cierre', start: week.at(1, '09:00'), end: week.at(1, '10:00') });
  const page = await app.signedIn(t, { path: week.path });
  await chip(page, 'Cierre').focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Mover', exact: true }).press('Enter');
  await dialog.getByLabel('Fecha de inicio').fill(week.day(3));
  await dialog.getByLabel('Hora de inicio').fill('17:15');
  await assertAccessible(page, 'move');
  await dialog.getByLabel('Hora de inicio').press('Enter');
  await dialog.getByText('Evento movido.').waitFor();
  await dialog.getByText(/17:15–18:15/).waitFor();
  await dialog.getByRole('button', { name: 'Mover', exact: true }).press('Enter');
  await dialog.getByRole('checkbox', { name: 'Todo el día' }).press('Space');
  await dialog.getByRole('form', { name: 'Mover' }).getByRole('button', { name: 'Mover' }).press('Enter');
  await page
    .locator(`[data-all-day][data-day="${week.day(3)}"]`)
    .getByText('Cierre')
    .waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
});

test('a finger that rests on an event takes it along, and one that moves at once scrolls', async (t) => {
  const week = newWeek();
  const event = await make({ title: 'Con el dedo', start: week.at(1, '09:00'), end: week.at(1, '10:00') });
  const page = await app.signedIn(t, { ...phone, path: `/agenda?view=day&day=${week.day(1)}` });
  await chip(page, 'Con el dedo').waitFor();
  const devtools = await page.context().newCDPSession(page);
  const touch = (type, x, y) =>
    devtools.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x, y }] });
  const swipe = async (rest, by) => {
    const box = await chip(page, 'Con el dedo').boundingBox();
    const [x, y] = [box.x + box.width / 2, box.y + 10];
    await touch('touchStart', x, y);
    await page.waitForTimeout(rest);
    for (let step = 1; step <= 8; step += 1) {
      await touch('touchMove', x, y + (by * step) / 8);
      await page.waitForTimeout(16);
    }
    await touch('touchEnd');
  };
  const scrolled = () => page.getByRole('group', { name: 'Horas' }).evaluate((box) => Math.round(box.scrollTop + scrollY));
  const before = await scrolled();
  await swipe(0, 120);
  await reaches(page, true, async () => (await scrolled()) < before - 40);
  assert.equal(await startOf(event), Date.parse(week.at(1, '09:00')));
  await page.waitForTimeout(600); // it rolls on
  const still = await scrolled();
  const hour = (await column(page, week.day(1)).boundingBox()).height / 24;
  await swipe(600, 2 * hour);
  await at(page, 'Con el dedo', week.day(1), '11:00');
  await reaches(event, Date.parse(week.at(1, '11:00')), startOf);
  assert.equal(await scrolled(), still);
  assert.equal(await page.getByRole('dialog').count(), 0);
});

test('with Alt and the arrows an event is carried, and left or put back', async (t) => {
  const week = newWeek();
  const event = await make({ title: 'Con teclas', start: week.at(1, '09:00'), end: week.at(1, '10:00') });
  const page = await app.signedIn(t, { path: week.path });
  await chip(page, 'Con teclas').focus();
  for (const key of ['ArrowRight', 'ArrowDown', 'ArrowDown']) await page.keyboard.press(`Alt+${key}`);
  await page.getByRole('status').getByText(/«Con teclas»: .*9:30–10:30/).waitFor();
  await at(page, 'Con teclas', week.day(2), '9:30');
  await assertAccessible(page, 'carried');
  await page.keyboard.press('Escape');
  await at(page, 'Con teclas', week.day(1), '9:00');
  for (const key of ['ArrowRight', 'ArrowUp']) await page.keyboard.press(`Alt+${key}`);
  await page.keyboard.press('Enter');
  await reaches(event, Date.parse(week.at(2, '08:45')), startOf);
  await at(page, 'Con teclas', week.day(2), '8:45');
  await reaches(chip(page, 'Con teclas'), true, (part) => part.evaluate((each) => each === document.activeElement));
  // Where there are no hours, up and down are weeks.
  await page.goto(`${app.url}/agenda?view=month&day=${week.day(2)}`);
  await chip(page, 'Con teclas').focus();
  await page.keyboard.press('Alt+ArrowLeft');
  await page.getByRole('button', { name: 'Dejar aquí' }).click();
  await reaches(event, Date.parse(week.at(1, '08:45')), startOf);
});

test('several whole days are one bar in the month, and are moved by any of them', async (t) => {
  const week = newWeek();
  const event = await make({ title: 'Feria', start: week.at(1, '00:00'), end: week.at(4, '00:00'), allDay: true });
  const page = await app.signedIn(t, { path: `/agenda?view=month&day=${week.day(2)}` });
  await chip(page, 'Feria').waitFor();
  const cell = (day) => page.getByRole('cell').and(page.locator(`[data-day="${day}"]`));
  const [bar, first, last] = await Promise.all(
    [chip(page, 'Feria'), cell(week.day(1)), cell(week.day(3))].map((part) => part.boundingBox()),
  );
  assert.equal(await chip(page, 'Feria').count(), 1);
  assert.ok(bar.x >= first.x && bar.x < first.x + 10);
  assert.ok(Math.abs(bar.x + bar.width - (last.x + last.width)) < 10, 'it ends with its last day');
  // Taken by its second day and left one day later.
  const second = await cell(week.day(2)).boundingBox();
  await page.mouse.move(second.x + second.width / 2, bar.y + bar.height / 2);
  await page.mouse.down();
  await page.mouse.move(last.x + last.width / 2, last.y + last.height - 12, { steps: 5 });
  await page.mouse.up();
  await reaches(event, Date.parse(week.at(2, '00:00')), startOf);
  await reaches(chip(page, 'Feria'), week.day(2), dayOf);
});

test('hours off are shaded, and the next free times are proposed', async (t) => {
  const week = newWeek();
  await make({ title: 'Ocupado', start: week.at(1, '09:00'), end: week.at(1, '13:00') });
  const page = await app.signedIn(t, { path: week.path });
  await chip(page, 'Ocupado').waitFor();
  // Weekdays from nine to six: shaded before and after, and all of Saturday.
  await reaches(column(page, week.day(1)).locator('[data-off]'), 2, (all) => all.count());
  await reaches(column(page, week.day(5)).locator('[data-off]'), 1, (all) => all.count());
  await page.getByRole('button', { name: 'Nuevo evento', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Nuevo evento' });
  const free = dialog.getByRole('group', { name: 'Horarios libres' }).getByRole('button');
  await free.first().filter({ hasText: '13:00' }).click();
  assert.equal(await dialog.getByLabel('Hora de inicio').inputValue(), '13:00');
  assert.equal(await dialog.getByLabel('Hora de fin').inputValue(), '14:00');
  assert.equal(await free.first().getAttribute('aria-pressed'), 'true');
  await assertAccessible(page, 'free times');
});

test('the server says what can be done, and why the rest can not', async (t) => {
  const week = newWeek();
  await make({ title: 'Crédito', start: week.at(1, '09:00'), end: week.at(1, '10:00'), clientId: client.id });
  const page = await app.signedIn(t, { path: week.path });
  const other = await app.signedIn(t, { path: week.path, ...supervisor });
  await open(page, 'Crédito');
  const dialog = page.getByRole('dialog');
  const action = (name) => dialog.getByRole('button', { name, exact: true });
  await dialog.getByRole('link', { name: 'Llamar al cliente' }).waitFor();
  assert.equal(await dialog.getByRole('link', { name: 'Llamar al cliente' }).getAttribute('href'), 'tel:+524491234567');
  await action('No se presentó').click({ force: true });
  await dialog.getByText('«No se presentó» no está disponible. El evento aún no empieza: espere o cancélelo.').waitFor();
  await action('Confirmar').click();
  await dialog.getByText('Evento confirmado.').waitFor();
  await dialog.getByText('Confirmado', { exact: true }).waitFor();
  await reaches(chip(other, 'Crédito'), true, async (part) => (await part.textContent()).includes('Confirmado'));
  await assertAccessible(page, 'event');
  await action('Cancelar el evento').click();
  await dialog.getByLabel('Motivo').fill('El cliente viajó.');
  await dialog.getByRole('form').getByRole('button', { name: 'Cancelar el evento' }).click();
  await dialog.getByText('Cancelado', { exact: true }).waitFor();
  await action('Mover').click({ force: true });
  await dialog.getByText(/^«Mover» no está disponible\. El evento ya no está pendiente/).waitFor();
  await action('Reabrir').click();
  await dialog.getByText('Planeado', { exact: true }).waitFor();
  await action('Editar').click();
  await dialog.getByLabel('Título').fill('Crédito nuevo');
  await dialog.getByRole('button', { name: 'Guardar' }).click();
  await dialog.getByRole('heading', { name: 'Crédito nuevo' }).waitFor();
  await chip(other, 'Crédito nuevo').waitFor();
});

test('a supervisor sees the team, or one person of it', async (t) => {
  const week = newWeek();
  await make({ title: 'De Ana', start: week.at(1, '09:00'), end: week.at(1, '10:00') });
  await make({ title: 'De Sofía', start: week.at(2, '09:00'), end: week.at(2, '10:00') }, sofia);
  const page = await app.signedIn(t, { path: week.path, ...supervisor });
  const choose = async (name) => {
    await page.getByRole('combobox', { name: 'De quién' }).click();
    await page.getByRole('option', { name }).click();
  };
  await chip(page, 'De Ana').waitFor();
  await chip(page, 'De Sofía').waitFor();
  await choose('Solo mis eventos');
  await chip(page, 'De Ana').waitFor({ state: 'detached' });
  await chip(page, 'De Sofía').waitFor();
  await choose('Ana Belén Cisneros');
  await chip(page, 'De Ana').waitFor();
  await chip(page, 'De Sofía').waitFor({ state: 'detached' });
});

test('the next touch of a client is set, changed elsewhere, and cleared', async (t) => {
  const own = await newClient(app.url, ana);
  const page = await app.signedIn(t, { path: `/clients/${own.id}` });
  const other = await app.signedIn(t, { path: `/clients/${own.id}`, ...supervisor });
  const touch = (each) => each.getByRole('group', { name: 'Próximo contacto' });
  await touch(page).getByText('No hay ninguno programado.').waitFor();
  await touch(page).getByRole('button', { name: 'Programar contacto' }).click();
  await page.getByRole('dialog').getByLabel('Motivo').fill('Pedir el comprobante');
  await page.getByRole('dialog').getByLabel('Hora').fill('10:45');
  await assertAccessible(page, 'next touch');
  await page.getByRole('dialog').getByRole('button', { name: 'Guardar' }).click();
  for (const each of [page, other]) {
    await touch(each).getByText('Pedir el comprobante').waitFor();
    await touch(each).getByRole('link', { name: /10:45/ }).waitFor();
  }
  await touch(page).getByRole('link', { name: /10:45/ }).click();
  await page.getByRole('button', { name: /Pedir el comprobante.*Seguimiento/ }).waitFor();
  await touch(other).getByRole('button', { name: 'Quitar' }).click();
  await touch(other).getByText('No hay ninguno programado.').waitFor();
  await page.getByRole('button', { name: /Pedir el comprobante.*Cancelado/ }).waitFor();
});

test('settings: reminders, and an address that is told once', async (t) => {
  const page = await app.signedIn(t, { path: '/agenda' });
  const openSettings = async () => {
    await page.getByRole('button', { name: 'Ajustes de la agenda' }).click();
    await page.getByRole('dialog').getByText('Su agenda en otro calendario').waitFor();
  };
  const dialog = page.getByRole('dialog');
  await openSettings();
  await dialog.getByRole('checkbox', { name: '1 hora antes' }).check();
  await dialog.getByRole('button', { name: 'Guardar' }).click();
  await dialog.getByText('Ajustes guardados.').waitFor();
  await dialog.getByRole('button', { name: 'Crear dirección' }).click();
  const address = await dialog.getByLabel('Dirección').inputValue();
  await assertAccessible(page, 'settings');
  assert.equal((await fetch(address)).status, 200);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  await openSettings();
  assert.ok(await dialog.getByRole('checkbox', { name: '1 hora antes' }).isChecked());
  assert.equal(await dialog.getByLabel('Dirección').count(), 0);
  await dialog.getByRole('button', { name: 'Anular la dirección' }).click();
  await dialog.getByRole('button', { name: 'Crear dirección' }).waitFor();
  assert.equal((await fetch(address)).status, 404);
});

test('what changed while the connection was away appears when it is back', async (t) => {
  const week = newWeek();
  const page = await app.signedIn(t);
  const sockets = [];
  await page.routeWebSocket('**/graphql/ws', (socket) => {
    sockets.push(socket);
    socket.connectToServer();
  });
  await page.goto(`${app.url}${week.path}`);
  await column(page, week.day(1)).waitFor();
  await page.context().setOffline(true);
  for (const socket of sockets) await socket.close({ code: 3000 });
  await page.getByRole('banner').getByText('Reconectando…').waitFor();
  await make({ title: 'Mientras tanto', start: week.at(1, '09:00'), end: week.at(1, '10:00') });
  await page.context().setOffline(false);
  await chip(page, 'Mientras tanto').waitFor();
});

for (const colorScheme of ['light', 'dark']) {
  test(`a phone shows lists of days; no view has serious faults (${colorScheme})`, async (t) => {
    const week = newWeek();
    const states = { CONFIRMED: 'agendaEventConfirm', DONE: 'agendaEventComplete', CANCELLED: 'agendaEventCancel' };
    for (const [index, name] of ['PLANNED', ...Object.keys(states)].entries()) {
      const { id, version } = await make({
        title: name,
        start: week.at(1 + index, '09:00'),
        end: week.at(1 + index, '10:00'),
        clientId: client.id,
      });
      if (!states[name]) continue;
      const type = name === 'CANCELLED' ? 'AgendaEventCancelInput' : 'AgendaEventTransitionInput';
      await asks(
        app.url,
        `mutation ($input: ${type}!) { ${states[name]}(input: $input) { userErrors { code } } }`,
        { input: { id, expectedVersion: version } },
        ana,
      );
    }
    await make({ title: 'Vacaciones', start: week.at(2, '00:00'), end: week.at(4, '00:00'), allDay: true });
    const page = await app.signedIn(t, { path: week.path, colorScheme, reducedMotion: 'reduce' });
    const small = await app.signedIn(t, { ...phone, path: week.path, colorScheme, reducedMotion: 'reduce' });
    for (const each of [page, small]) {
      for (const view of ['week', 'month', 'day']) {
        await each.goto(`${app.url}/agenda?view=${view}&day=${week.day(2)}`);
        await chip(each, 'CONFIRMED').first().waitFor();
        await assertAccessible(each, view);
      }
    }
    await small.goto(`${app.url}${week.path}`);
    await small
      .getByRole('region', { name: /^lunes|^martes/ })
      .first()
      .waitFor();
    const assertFits = async (screen) =>
      assert.equal(await small.evaluate(() => document.documentElement.scrollWidth), 390, screen);
    await assertFits('week');
    await open(small, 'PLANNED');
    await assertFits('event');
    await small.keyboard.press('Escape');
    await small.getByRole('dialog').waitFor({ state: 'hidden' });
    await small.getByRole('button', { name: 'Nuevo evento', exact: true }).click();
    await small.getByRole('dialog').waitFor();
    await assertFits('new event');
  });
}
