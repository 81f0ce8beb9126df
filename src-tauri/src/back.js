// On Android, going back closes the sheet on top; without one the system goes back a page, or leaves the app.
{
  const sheets = [];
  let listener;
  window.gridwalk.sheetOpened = (close) => {
    sheets.push(close);
    listener ??= window.__TAURI__.app.onBackButtonPress(() => sheets.at(-1)?.());
  };
  window.gridwalk.sheetClosed = (close) => {
    const at = sheets.lastIndexOf(close);
    if (at >= 0) sheets.splice(at, 1);
    if (sheets.length > 0 || !listener) return;
    // While anybody listens, the system does nothing by itself.
    const heard = listener;
    listener = undefined;
    heard.then((each) => each.unregister());
  };
}
