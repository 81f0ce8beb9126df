// Closes and opens bytes with a code, once.
import init, { close, open, random_bytes } from "./lockbox.js";

self.onmessage = async ({ data: { what, bytes, code } }) => {
  try {
    await init({ module_or_path: new URL("lockbox_bg.wasm", import.meta.url) });
  } catch {
    return self.postMessage({ fault: "device_file.not_here" });
  }
  try {
    const done = what === "close" ? close(bytes, code, crypto.getRandomValues(new Uint8Array(random_bytes()))) : open(bytes, code);
    self.postMessage({ done }, [done.buffer]);
  } catch (fault) {
    self.postMessage({ fault: typeof fault === "string" ? fault : "device_file.no_memory" });
  }
};
