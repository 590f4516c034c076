// Keeps reports on the phone while there is no network, and sends each once when there is. Without this, forms work, too.
const SECONDS_BETWEEN_TRIES = 30;
const FORMAT = 1;
const form = document.querySelector("form[data-report]");
const area = document.querySelector("#waiting");
const texts = document.querySelector("#queue-texts");

// A worker keeps the pages that have been seen, so that a form can be opened without a network.
if ("serviceWorker" in navigator && area) navigator.serviceWorker.register("/service-worker.js");

if (form) {
  // One that comes from the service has what was sent and refused: it need not wait any more.
  if (form.dataset.cached === "yes") begin(form);
  else await forget(form.elements["external-id"].value);
  form.addEventListener("submit", send);
}
const receipt = document.querySelector("[data-receipt]");
if (receipt) await forget(receipt.dataset.receipt);
if (area) {
  await deliver();
  addEventListener("online", deliver);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && deliver());
  setInterval(deliver, SECONDS_BETWEEN_TRIES * 1000);
}
// A page that the back button shows may send again; what it sends is the same report.
addEventListener("pageshow", () => form && delete form.dataset.sending);

// A page from the worker was made for an earlier report, on an earlier day.
function begin(form) {
  form.elements["external-id"].value = crypto.randomUUID();
  const now = new Date();
  const today = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => `${part}`.padStart(2, "0")).join("-");
  const start = form.elements["start"];
  // Not where no agreement is in force any more: the form then begins with an earlier day.
  if (start && form.dataset.today && start.value === form.dataset.today && today > start.value) start.value = today;
}

async function send(event) {
  event.preventDefault();
  const button = event.submitter;
  if (form.dataset.sending) return;
  form.dataset.sending = "yes";
  const data = new FormData(form, button);
  const entry = { id: data.get("external-id"), path: location.pathname, name: document.querySelector("h1").textContent,
    place: data.get("place"), day: data.get("start") || data.get("reported") || "", fields: [...data], state: "waiting" };
  try {
    await keep(entry);
  } catch {
    // Nothing can be kept here, as in a private window: the browser sends it.
    return submitAs(entry);
  }
  const answer = await post(entry);
  if (answer.state === "received") {
    location.assign(answer.address);
  } else if (answer.state === "waiting") {
    form.hidden = true;
    await show();
    area.focus();
  } else {
    // The page that comes says what is wrong, and has what was filled in.
    await keep({ ...entry, state: answer.state });
    submitAs(entry);
  }
}

async function post(entry) {
  let answer;
  try {
    answer = await fetch(entry.path, { method: "POST", headers: { Accept: "application/json" },
      body: new URLSearchParams(entry.fields) });
  } catch {
    return { state: "waiting" };
  }
  if (answer.status === 201) {
    await forget(entry.id);
    return { state: "received", address: (await answer.json()).address };
  }
  if (answer.status === 401) return { state: "signedOut" };
  return { state: answer.status >= 500 || answer.status === 429 || answer.status === 408 ? "waiting" : "refused" };
}

// One tab at a time sends what waits, the oldest first.
async function deliver() {
  await navigator.locks.request("deliver", { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    for (const entry of await waiting()) {
      if (entry.state === "refused") continue;
      const { state } = await post(entry);
      if (state === "waiting") break;
      if (state !== "received") await keep({ ...entry, state });
    }
  });
  await show();
}

// Says what waits, and why where something is to be done about it.
async function show() {
  const entries = await waiting();
  area.hidden = entries.length === 0;
  const list = document.createElement("ul");
  for (const entry of entries) {
    const item = list.appendChild(document.createElement("li"));
    item.append([entry.name, entry.place, entry.day].filter(Boolean).join(", "), " ");
    if (entry.state === "waiting") continue;
    item.append(text(entry.state), " ");
    item.append(button("open", () => submitAs(entry)), " ", button("remove", () => remove(entry)));
  }
  const heading = document.createElement("h2");
  heading.textContent = (entries.length === 1 ? text("one") : text("other")).replace("{n}", entries.length);
  const explained = document.createElement("p");
  explained.textContent = text(navigator.onLine ? "soon" : "offline");
  area.replaceChildren(heading, explained, list);
}

function button(name, act) {
  const made = document.createElement("button");
  made.textContent = text(name);
  made.addEventListener("click", act);
  return made;
}

async function remove(entry) {
  if (!confirm(text("removal"))) return;
  await forget(entry.id);
  await show();
}

function text(name) {
  return texts.content.querySelector(`[data-name="${name}"]`).textContent;
}

// As the browser sends a form by itself: the answer is the page.
function submitAs(entry) {
  const sent = document.createElement("form");
  sent.method = "post";
  sent.action = entry.path;
  for (const [name, value] of entry.fields) {
    const field = sent.appendChild(document.createElement("input"));
    field.type = "hidden";
    field.name = name;
    field.value = value;
  }
  document.body.append(sent);
  sent.submit();
}

// What waits on this device to be sent, in IndexedDB: it outlives the page and the browser.
function store(mode, act) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("samverkan", FORMAT);
    opening.onupgradeneeded = () => opening.result.createObjectStore("reports", { keyPath: "id" });
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      const transaction = database.transaction("reports", mode);
      const request = act(transaction.objectStore("reports"));
      transaction.oncomplete = () => {
        database.close();
        resolve(request.result);
      };
      transaction.onabort = () => reject(transaction.error);
    };
  });
}

// Stores a report, or another state of it; `at` is when it was first.
function keep(entry) {
  return store("readwrite", (reports) => reports.put({ at: Date.now(), ...entry }));
}

function forget(id) {
  return store("readwrite", (reports) => reports.delete(id));
}

async function waiting() {
  return (await store("readonly", (reports) => reports.getAll())).sort((one, other) => one.at - other.at);
}
