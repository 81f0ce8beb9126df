// The moment of the first frame, which whoever waits sees by the page's change.
requestAnimationFrame(() => {
  performance.mark("empty-ready");
  document.body.dataset.ready = "";
});
