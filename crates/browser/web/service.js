// Keeps the whole app for starts without a network. A version is there whole or not at all; the next one waits
// until the person takes it, or until no page is open any more.
const VERSION = "VERSION_HERE";
/** Where the files of this version lie. */
const FOLDER = "FOLDER_HERE";
const FILES = ["FILES_HERE"];
/** What few need: kept once a page says that there is time. */
const LATER = ["LATER_HERE"];
const CACHE = `gridwalk-${VERSION}`;

self.addEventListener("install", (event) => {
  // Where a browser can, it takes what is kept by itself, without starting this worker.
  event.addRoutes?.([
    { condition: { urlPattern: new URLPattern({ pathname: `/${FOLDER}*` }) }, source: { cacheName: CACHE } },
    { condition: { urlPattern: new URLPattern({ pathname: "/" }), requestMode: "navigate" }, source: { cacheName: CACHE } },
  ]);
  event.waitUntil(keep());
});

const keep = async () => {
  const cache = await caches.open(CACHE);
  await cache.addAll(FILES);
  // The server may have been given the next version meanwhile. Then this one is left, and that one comes.
  const page = await (await cache.match("/")).text();
  if (!page.includes(FOLDER)) {
    await caches.delete(CACHE);
    throw new Error("the page is of another version");
  }
};

self.addEventListener("activate", (event) => {
  const drop = async () => {
    const names = await caches.keys();
    const old = names.filter((name) => name.startsWith("gridwalk-") && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(drop());
});

self.addEventListener("message", (event) => {
  const { data } = event;
  if (data === "take over") self.skipWaiting();
  if (data === "keep the rest") event.waitUntil(keepTheRest());
});

const keepTheRest = async () => {
  const cache = await caches.open(CACHE);
  for (const name of LATER) {
    if (!(await cache.match(name))) await cache.add(name);
  }
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  const name = request.mode === "navigate" && pathname === "/" ? "/" : pathname;
  if (FILES.includes(name) || LATER.includes(name)) {
    event.respondWith(caches.match(name, { cacheName: CACHE }).then((kept) => kept ?? fetch(request)));
  }
});
