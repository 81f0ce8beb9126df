// What the pages know of the shell: the one typed call, the event stream, and a file's bytes.
window.gridwalk = {
  call: (request) => window.__TAURI__.core.invoke("call", { request }),
  listen: (handler) => window.__TAURI__.event.listen("gridwalk", (event) => handler(event.payload)),
  upload: (bytes) => window.__TAURI__.core.invoke("upload", bytes),
};
