// Looks for a QR code beside the page, which goes on meanwhile.
import init, { read } from "./scan.js";

const ready = init({ module_or_path: new URL("scan_bg.wasm", import.meta.url) });

self.onmessage = async ({ data }) => {
  await ready;
  self.postMessage({ text: read(data.pixels, data.width) });
};
