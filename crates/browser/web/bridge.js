// What the pages know of the shell, in a browser: the same calls as in the app's own window. The core lives in a
// worker, of this tab or of another one.
{
  const HOUR_MS = 3_600_000;
  const UNHURRIED_MS = 3_000;
  /** So long a newer version waits for other tabs, which the browser may have put to sleep. */
  const PATIENCE_MS = 3_000;
  /**
   * Marks a tab below which the storage was cleared: until the browser is closed it may take files on that are gone
   * after that, as Chromium does, so the person closes it first.
   */
  const CLEARED = "gridwalk.cleared";
  const isCleared = sessionStorage.getItem(CLEARED) !== null;
  const here = document.currentScript.src;
  const asked = new Map();
  const handlers = new Set();
  let worker;
  let last = 0;
  let started;
  const hasStarted = new Promise((resolve) => (started = resolve));
  /** Whether the core has said anything. */
  let isAnswered = false;

  // The core is compiled while its worker starts, and by the page: what a page asks for is taken from where it is kept
  // without starting the service worker (its routes), what a worker asks for is not.
  const begin = () => {
    const begun = new Worker(new URL("worker.js", here), { type: "module" });
    const compiled = WebAssembly.compileStreaming(fetch(new URL("browser_bg.wasm", here)));
    compiled.then((core) => begun.postMessage({ what: "core", core }), () => begun === worker && end());
    worker = begun;
    worker.onmessage = ({ data }) => {
      started();
      if (data.event) {
        tell(JSON.parse(data.event));
      } else if (data.over) {
        sessionStorage.setItem(CLEARED, "");
        location.reload();
      } else if (data.broken) {
        end();
      } else {
        settle(data);
      }
    };
    worker.onerror = end;
    tellVisibility();
  };

  const tell = (event) => handlers.forEach((handler) => handler(event));

  const settle = ({ id, fault, said }) => {
    const { resolve, reject } = asked.get(id) ?? {};
    asked.delete(id);
    if (fault === undefined) resolve?.(said);
    else reject?.(JSON.parse(fault));
  };

  // A defect ends the worker and nothing else: what was half written is rolled back when the next one opens the
  // database. What was asked is answered as in the app's own window. The next question begins another worker: one
  // that cannot even begin is not begun again and again.
  const end = () => {
    // A version whose worker cannot begin must find the next one, too.
    started();
    worker?.terminate();
    worker = undefined;
    const fault = JSON.stringify({ code: "core.failed_inside", params: {} });
    [...asked.keys()].forEach((id) => settle({ id, fault }));
  };

  const ask = (what, given, transfer = []) => {
    if (isCleared) return Promise.reject({ code: "store.cleared", params: {} });
    const question = {};
    question.done = new Promise((resolve, reject) => Object.assign(question, { resolve, reject }));
    last += 1;
    asked.set(last, question);
    if (!worker) begin();
    worker.postMessage({ id: last, what, given }, transfer);
    return question.done;
  };

  // Whoever works in one tab is not away in the others, which would lock all of them.
  const touches = new BroadcastChannel("gridwalk-touches");
  let isQuiet = true;
  const touched = ({ isTrusted }) => {
    if (!isQuiet || !isTrusted) return;
    isQuiet = false;
    setTimeout(() => (isQuiet = true), UNHURRIED_MS);
    touches.postMessage(0);
  };
  ["pointerdown", "keydown", "touchmove", "wheel", "input"].forEach((what) => window.addEventListener(what, touched));
  touches.onmessage = () => window.dispatchEvent(new Event("input"));

  const tellVisibility = () =>
    worker?.postMessage({ what: "visibility", isVisible: document.visibilityState === "visible" });

  // The first page of a browser that was never here does not wait for the core: where there is no folder, a passphrase is
  // to be chosen. What is asked of it after that does.
  const NEW = {
    "answer": "Lock",
    "with": {
      "state": "Unset", "wrong": 0, "tries_left": 0, "wait_ms": 0, "left_behind": 0, "settings": null,
      "is_passphrase": true
    }
  };
  const isNew = async () => {
    try {
      const root = await navigator.storage.getDirectory();
      return await root.getDirectoryHandle("gridwalk").then(() => false);
    } catch ({ name }) {
      return name === "NotFoundError";
    }
  };
  const beginsNew = isNew();
  if (!isCleared) begin();
  document.addEventListener("visibilitychange", tellVisibility);
  window.addEventListener("online", () => worker?.postMessage({ what: "wake" }));

  const keep = ([name, bytes]) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([bytes]));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    return name;
  };

  // The browser is asked to keep what is here as soon as there is something, and once the app is installed: most
  // then say yes without asking the person.
  const persist = async () => (await navigator.storage.persist?.()) ?? false;
  window.addEventListener("appinstalled", persist);
  const call = async (request) => {
    if (["GetSession", "GetLock"].includes(request.call) && !isAnswered && !isCleared && (await beginsNew)) {
      if (request.call === "GetLock") return NEW;
      throw { code: "lock.unset", params: {} };
    }
    const answer = JSON.parse(await ask("call", JSON.stringify(request)));
    isAnswered = true;
    if (["Enrol", "TakeDevice"].includes(request.call)) persist();
    return answer;
  };

  /** What a start need not wait for. */
  const later = (work) => setTimeout(work, UNHURRIED_MS);
  hasStarted.then(() =>
    later(() => {
      const link = Object.assign(document.createElement("link"), { rel: "manifest", href: "/manifest.webmanifest" });
      document.head.append(link);
    }),
  );

  // A newer version is fetched whole, beside this one, and begins when the person says so.
  const pages = navigator.serviceWorker;
  const version = new URL(".", here).pathname;
  let next;
  const offer = (worker) => {
    next = worker;
    tell({ event: "Update" });
  };
  const follow = (registration) => {
    const { waiting } = registration;
    if (waiting && pages.controller) offer(waiting);
    const lookForward = () => {
      const { installing } = registration;
      installing?.addEventListener("statechange", () => {
        if (installing.state === "installed" && pages.controller) offer(installing);
      });
    };
    // One may be on its way already.
    lookForward();
    registration.addEventListener("updatefound", lookForward);
    // A page that stays open for days asks now and then.
    const look = () => registration.update().catch(() => {});
    setInterval(look, HOUR_MS);
    window.addEventListener("online", look);
  };

  // All tabs begin the newer version at once, each after what is being typed there was kept. Each holds a lock until
  // then: the core may live in any of them.
  let close;
  navigator.locks.request(version, { mode: "shared" }, () => new Promise((resolve) => (close = resolve)));
  const beginAnew = async () => {
    const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
    window.dispatchEvent(new PageTransitionEvent("pagehide"));
    await Promise.race([patience, Promise.allSettled([...asked.values()].map(({ done }) => done))]);
    close();
    await Promise.race([patience, navigator.locks.request(version, () => {})]);
    location.reload();
  };
  if (pages) {
    // The first version takes hold of the page that fetched it; nothing is replaced then.
    let isHeld = Boolean(pages.controller);
    pages.addEventListener("controllerchange", () => {
      if (!pages.controller) cleared();
      else if (isHeld) beginAnew();
      isHeld = Boolean(pages.controller);
    });
    const keepPages = () => pages.register("/service.js").then(follow).catch(() => {});
    // It is gone once somebody clears the browser's storage.
    const cleared = () => {
      worker?.postMessage({ what: "cleared" });
      keepPages();
    };
    // Without it every start needs the network. It fetches everything there is, so the core comes first.
    hasStarted.then(keepPages);
    // There is time for what few need once everything has come, and from the second start on.
    const keepTheRest = () => pages.ready.then(({ active }) => active.postMessage("keep the rest"));
    const hasAll = ({ event, with: chip }) => {
      if (event !== "Sync" || chip.last_ms === null) return;
      handlers.delete(hasAll);
      keepTheRest();
    };
    if (pages.controller) later(keepTheRest);
    else handlers.add(hasAll);
  }

  // Going back closes the sheet on top, as phones have taught everybody: each sheet that is open has an entry in the
  // history, and one that is closed otherwise has its entry taken back.
  const sheets = [];
  /** How many sheets the current entry is of; fewer are open after a reload. */
  const entries = () => history.state?.sheets ?? 0;
  /** Whether the browser is on its way to another entry. */
  let isGoing = false;
  const keepStep = () => {
    if (isGoing || sheets.length === entries()) return;
    isGoing = sheets.length < entries();
    if (isGoing) history.back();
    else history.pushState({ sheets: sheets.length }, "");
  };
  const closeAll = () => sheets.splice(0).forEach((close) => close());
  window.addEventListener("popstate", (event) => {
    const wasSheet = entries() > 0;
    while (!isGoing && sheets.length > entries()) sheets.pop()();
    isGoing = false;
    keepStep();
    // The page below is the same.
    if (wasSheet || entries() > 0) event.stopImmediatePropagation();
  });
  // A page that is gone to from a sheet takes its place.
  const takePlace = (event) => {
    const link = event.target.closest("dialog a[href^='#']");
    if (!link || link.hash === location.hash || entries() === 0) return;
    event.preventDefault();
    closeAll();
    location.replace(link.href);
  };
  window.addEventListener("click", takePlace, true);
  keepStep();

  window.gridwalk = {
    call,
    sheetOpened: (close) => {
      sheets.push(close);
      keepStep();
    },
    sheetClosed: (close) => {
      const at = sheets.lastIndexOf(close);
      if (at >= 0) sheets.splice(at, 1);
      keepStep();
    },
    /** Goes to the page before, past what is open. */
    back: () => {
      const pages = isGoing ? 1 : 1 + entries();
      isGoing = true;
      closeAll();
      history.go(-pages);
    },
    listen: (handler) => {
      handlers.add(handler);
      if (next) handler({ event: "Update" });
    },
    persist,
    again: () => {
      sessionStorage.removeItem(CLEARED);
      location.reload();
    },
    update: async () => next?.postMessage("take over"),
    upload: (bytes) => ask("upload", bytes),
    download: (number) => ask("download", number).then(keep),
    photo: (hash) => ask("photo", JSON.stringify(hash)),
  };
}
