// Opens the app offline. It stores the app itself, never data: the page stores what a person saw, and deletes it when the
// person logs out. The build writes FILES and VERSION, and puts this file beside index.html.
const CACHE = `cabina-app-${VERSION}`;
const INDEX = '/';
/** Addresses that are not screens of the app: the server itself answers them, such as the calendar feed under `/agenda/`. */
const SERVED = /^\/(graphi?ql|health|metrics|agenda\/)/;
/** How long to wait, in milliseconds, before the server counts as unreachable. */
const PATIENCE = 4000;

addEventListener('install', (event) => {
  const files = [INDEX, ...FILES].map((file) => new Request(file, { cache: 'reload' }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(files)).then(() => skipWaiting()));
});

addEventListener('activate', (event) => {
  const old = async () => (await caches.keys()).filter((name) => name.startsWith('cabina-app-') && name !== CACHE);
  event.waitUntil(old().then((names) => Promise.all(names.map((name) => caches.delete(name)))).then(() => clients.claim()));
});

addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== location.origin) return;
  if (FILES.includes(pathname)) {
    event.respondWith(kept(pathname).then((file) => file ?? fetch(request)));
  } else if (request.mode === 'navigate' && !SERVED.test(pathname)) {
    event.respondWith(page(request));
  }
});

const kept = async (path) => (await caches.open(CACHE)).match(path);

/** The page from the server or, if it is unreachable, the stored one. */
async function page(request) {
  const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE) }).catch(() => null);
  // A proxy in front of a stopped server answers with one of these.
  if (answer && ![502, 503, 504].includes(answer.status)) return answer;
  return (await kept(INDEX)) ?? answer ?? Response.error();
}
