// What the pages know of the shell, in a browser: the same calls as in the app's own window. The core lives in a
// worker, of this tab or of another one.
{
  const here = document.currentScript.src;
  const asked = new Map();
  const handlers = new Set();
  let worker;
  let last = 0;

  const begin = () => {
    worker = new Worker(new URL("worker.js", here), { type: "module" });
    worker.onmessage = ({ data }) => {
      if (data.event) {
        const event = JSON.parse(data.event);
        handlers.forEach((handler) => handler(event));
      } else if (data.broken) {
        end();
      } else {
        settle(data);
      }
    };
    worker.onerror = end;
    tellVisibility();
  };

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
    worker?.terminate();
    worker = undefined;
    const fault = JSON.stringify({ code: "core.failed_inside", params: {} });
    [...asked.keys()].forEach((id) => settle({ id, fault }));
  };

  const ask = (what, given, transfer = []) =>
    new Promise((resolve, reject) => {
      last += 1;
      asked.set(last, { resolve, reject });
      if (!worker) begin();
      worker.postMessage({ id: last, what, given }, transfer);
    });

  const tellVisibility = () =>
    worker?.postMessage({ what: "visibility", isVisible: document.visibilityState === "visible" });

  begin();
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

  navigator.serviceWorker?.register("/service.js").catch(() => {}); // Without it every start needs the network.
  // From the second start on there is time for what few need.
  navigator.serviceWorker?.controller?.postMessage("keep the rest");

  window.gridwalk = {
    call: (request) => ask("call", JSON.stringify(request)).then(JSON.parse),
    listen: (handler) => handlers.add(handler),
    upload: (bytes) => ask("upload", bytes),
    download: (number) => ask("download", number).then(keep),
    photo: (hash) => ask("photo", JSON.stringify(hash)),
  };
}
