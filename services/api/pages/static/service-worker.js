// Without a network, shows the forms that have been seen here, and else a page that says so. It keeps no answer of others.
const PAGES = "pages";
const OFFLINE = "/utan-nat";

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open(PAGES).then((cache) => cache.add(OFFLINE)));
});
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin) return;
  if (request.method === "POST" && pathname === "/logga-ut") event.waitUntil(forgetForms());
  // On the way to an account elsewhere and back, cookies follow the browser's own rules.
  if (request.method !== "GET" || pathname.startsWith("/inloggning/")) return;
  if (pathname.startsWith("/static/")) event.respondWith(kept(request));
  else if (request.mode === "navigate") event.respondWith(page(request, pathname));
});

async function kept(request) {
  const cache = await caches.open(PAGES);
  const found = await cache.match(request);
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request, answer.clone());
  return answer;
}

async function page(request, pathname) {
  const cache = await caches.open(PAGES);
  try {
    const answer = await fetch(request);
    if (answer.ok && !answer.redirected && /^\/rapportera(\/|$)/.test(pathname)) await cache.put(pathname, answer.clone());
    return answer;
  } catch {
    const found = (await cache.match(pathname)) ?? (await cache.match(OFFLINE));
    const html = (await found.text()).replace('data-cached="no"', 'data-cached="yes"');
    return new Response(html, { headers: found.headers });
  }
}

// Forms name places where the person reports: who signs out takes them along.
async function forgetForms() {
  const cache = await caches.open(PAGES);
  const forms = (await cache.keys()).filter((request) => new URL(request.url).pathname.startsWith("/rapportera"));
  await Promise.all(forms.map((request) => cache.delete(request)));
}
