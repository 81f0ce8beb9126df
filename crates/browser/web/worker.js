// One tab owns the database; the others go through it, and one of them takes over when it closes. Two never write:
// the lock sees to that, and the browser gives the files to one worker alone.
import init, { Device } from "./browser.js";

/** Reads spreadsheets; fetched when somebody brings one. */
let tables;
const NAME = "gridwalk";
/** What may be asked again without doing anything twice. */
const READS = /^\{"call":"(Get|List)/;
/** What writes nothing that has to last. */
const LEAVES = /^\{"call":"(Get|List|Search|SyncNow|TellLink|Pack|Unlock"|LockNow")/;
const PREVIEW = '{"call":"PreviewImport"';

const tab = crypto.randomUUID();
/** Tabs of this version. One of another version may speak otherwise. */
const others = new BroadcastChannel(NAME + new URL(".", import.meta.url).pathname);
/** Tabs of any version. */
const everyone = new BroadcastChannel(NAME);
/** Questions of this page that are not answered yet, by their numbers. */
const waiting = new Map();
/** The core, while this tab owns the database. */
let device;
/** The tab that does. */
let owner;
/** Lets the lock go. */
let release;
/**
 * The key of the database, while it is open: every tab has it, so that whichever owns the database next needs not ask
 * for the passphrase. It is in memory alone, and gone in all of them once one is locked.
 */
let key;
/** What opens or locks. */
const LOCKS = /^\{"call":"(SetPin|Unlock|LockNow|BeginAnew)"/;
/** Questions the core is at. */
let busy = 0;
let isVisible = true;
/** Whether the browser took the files away below the open database. */
let isGone = false;

/** The compiled core, once the page has sent it. */
let coreCame;
const core = new Promise((resolve) => (coreCame = resolve));

self.onmessage = ({ data }) => {
  if (data.what === "core") return coreCame(data.core);
  if (data.what === "visibility") return seen(data.isVisible);
  if (data.what === "wake") return device?.wake();
  if (data.what === "cleared") return lookAfter();
  waiting.set(data.id, data);
  send(data);
};

others.onmessage = async ({ data }) => {
  if (data.event) {
    self.postMessage({ event: data.event });
  } else if (data.over) {
    self.postMessage(data);
  } else if (data.owner) {
    key = data.key;
    ownedBy(data.owner);
  } else if (data.who && device) {
    sayOwner();
  } else if (data.to === tab && data.question) {
    const { id } = data.question;
    const said = device ? { answer: await answer(data.question) } : { again: id };
    others.postMessage({ to: data.from, ...said });
  } else if (data.to === tab && data.again) {
    // It came to a tab that had just given the database up, and nothing was done.
    const question = waiting.get(data.again);
    if (question) askAgain(question);
  } else if (data.to === tab && data.answer) {
    hear(data.answer);
  }
};

everyone.onmessage = ({ data }) => {
  if (data.give && !isVisible) give();
};

const sayOwner = () => {
  key = device.key();
  others.postMessage({ owner: tab, key });
};

const send = (question) => {
  question.sentTo = owner;
  if (device) answer(question).then(hear);
  else if (owner) others.postMessage({ to: owner, from: tab, question });
  // While nobody owns it, questions wait until somebody does.
};

const askAgain = (question) => {
  const before = question.sentTo;
  question.sentTo = undefined;
  if (device || owner !== before) send(question);
};

const hear = (said) => {
  if (waiting.delete(said.id)) self.postMessage(said);
};

/** A new owner knows nothing of what the last one was asked. What only reads is asked again. */
const ownedBy = (now) => {
  owner = now;
  for (const question of waiting.values()) {
    if (question.sentTo === now) continue;
    const isRead = question.what === "call" && READS.test(question.given);
    if (question.sentTo === undefined || isRead) send(question);
    else hear({ id: question.id, fault: JSON.stringify({ code: "shell.owner_gone", params: {} }) });
  }
};

const answer = async ({ id, what, given }) => {
  if (isGone && what === "call" && !LEAVES.test(given)) {
    return { id, fault: JSON.stringify({ code: "store.gone", params: {} }) };
  }
  busy += 1;
  try {
    if (what === "call" && given.startsWith(PREVIEW)) await readTable(JSON.parse(given).with);
    const said = await device[what](given);
    if (what === "call" && LOCKS.test(given)) sayOwner();
    return { id, said };
  } catch (fault) {
    // The core answers faults as text; anything else is a defect that leaves it in no state to go on.
    if (typeof fault === "string") return { id, fault };
    self.postMessage({ broken: String(fault) });
    return { id, fault: JSON.stringify({ code: "core.failed_inside", params: {} }) };
  } finally {
    busy -= 1;
  }
};

/** Spreadsheets are read by a module of its own; the core gets the table. A file that stops it stops nothing else. */
const readTable = async ({ upload, file_name }) => {
  const file = await device.uploaded(upload);
  try {
    tables ??= await import("./tables.js");
    await tables.default({ module_or_path: new URL("tables_bg.wasm", import.meta.url) });
    await device.replace_upload(upload, tables.read(file, file_name));
  } catch (fault) {
    if (typeof fault === "string") throw fault;
    throw JSON.stringify({ code: "import.not_a_table", params: {} });
  }
};

/** Closes or opens bytes in a worker of its own: a guess is to take long, and its memory is given back. */
const lockbox = (what, bytes, code) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL("locking.js", import.meta.url), { type: "module" });
    const over = (then) => (value) => {
      worker.terminate();
      then(value);
    };
    worker.onmessage = ({ data }) => (data.done ? over(resolve)(data.done) : over(reject)(data.fault));
    worker.onerror = () => over(reject)("device_file.not_here");
    worker.postMessage({ what, bytes, code }, [bytes.buffer]);
  });

/** The browser may have taken the files away: then nothing new is taken on, and what is not sent goes out first. */
const lookAfter = async () => {
  const left = await device?.look_after();
  if (left === "nothing") {
    self.postMessage({ over: true });
    others.postMessage({ over: true });
  }
  if (left === "unsent" && !isGone) {
    isGone = true;
    tell('{"event":"Changed"}');
  }
};

const tell = (event) => {
  if (isGone) lookAfter();
  self.postMessage({ event });
  others.postMessage({ event });
};

const own = () =>
  navigator.locks.request(NAME, async () => {
    await init({ module_or_path: await core });
    device = await Device.open(tell, lockbox, key);
    ownedBy(tab);
    sayOwner();
    await new Promise((resolve) => (release = resolve));
  }).catch((error) => self.postMessage({ broken: String(error) }));

/** A tab that nobody looks at may be put to sleep by the browser: it leaves the database to one that is looked at. */
const give = () => {
  if (!device || busy > 0) return;
  device.give();
  device = undefined;
  owner = undefined;
  release();
  own();
};

const seen = async (is) => {
  isVisible = is;
  if (isVisible && !device) everyone.postMessage({ give: true });
  if (!isVisible && device) {
    const { pending } = await navigator.locks.query();
    if (pending.some(({ name }) => name === NAME)) give();
  }
  if (isVisible) {
    device?.wake();
    lookAfter();
  }
};

own();
others.postMessage({ who: true });
