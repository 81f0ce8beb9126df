// What the pages know of the shell: the one typed call, the event stream, and the bytes of files. A download
// goes to the person's folder and answers where it lies; a photo comes as an ArrayBuffer.
window.gridwalk = {
  call: (request) => window.__TAURI__.core.invoke("call", { request }),
  listen: (handler) => window.__TAURI__.event.listen("gridwalk", (event) => handler(event.payload)),
  again: () => location.reload(),
  upload: (bytes) => window.__TAURI__.core.invoke("upload", bytes),
  download: (number) => window.__TAURI__.core.invoke("download", { number }),
  photo: (hash) => window.__TAURI__.core.invoke("photo", { hash }),
};
