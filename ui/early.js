// Asks what the first page shows while the interface is still being read, so that the answers are
// there when it asks. Each serves once, and none after anything else was asked or told.
{
  const shell = window.gridwalk;
  const here = document.currentScript.src;
  const name = (request) => JSON.stringify(request);
  const asked = new Map();
  if (shell) {
    const { call, listen } = shell;
    for (const what of ["GetSession", "GetSync", "GetToday"]) {
      const request = { call: what, with: {} };
      const answer = call(request);
      answer.catch(() => {}); // Whoever asks hears of it.
      asked.set(name(request), answer);
    }
    shell.call = (request) => {
      const answer = asked.get(name(request));
      if (!answer) asked.clear();
      asked.delete(name(request));
      return answer ?? call(request);
    };
    // The English words are a file of their own, fetched once, and early where English is spoken.
    let english;
    shell.english = () => (english ??= fetch(new URL("words-en.txt", here)).then((answer) => answer.text()));
    shell.scan = (video) => import(new URL("camera.js", here)).then(({ scan }) => scan(video));
    const speaks = (session) => session.with.settings.language;
    asked.get(name({ call: "GetSession", with: {} }))
      .then((session) => speaks(session) === "English" && shell.english())
      .catch(() => {}); // Whoever wants them hears of it.
    shell.listen = (handler) =>
      listen((event) => {
        asked.clear();
        handler(event);
      });
  }
}
