// Runs before a page's own scripts. All times are ms since the page began to load, as the page sees them: what a
// person waits for is over once the frame that shows it is done.
(() => {
  if (window.measured) return;
  const painted = () =>
    new Promise((resolve) =>
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => resolve(performance.now());
        port2.postMessage(0);
      }),
    );
  const visible = (selector) =>
    [...document.querySelectorAll(selector)].find((element) => element.getClientRects().length > 0);
  const shown = (selector) =>
    new Promise((resolve) => {
      if (visible(selector)) return resolve(painted());
      const watch = new MutationObserver(() => {
        if (!visible(selector)) return;
        watch.disconnect();
        resolve(painted());
      });
      watch.observe(document, { subtree: true, childList: true, attributes: true });
    });
  /** The next answer of the core to this call. */
  const answered = (name) =>
    new Promise((resolve) => {
      const { call } = window.gridwalk;
      window.gridwalk.call = async (request) => {
        try {
          return await call(request);
        } finally {
          if (request.call === name) {
            window.gridwalk.call = call;
            resolve();
          }
        }
      };
    });
  const tasks = [];
  new PerformanceObserver((list) => tasks.push(...list.getEntries())).observe({
    type: "longtask",
  });
  const enrol = shown("[data-page=enrol][data-ready=true]");
  const today = shown("[data-page=today][data-ready=true] [data-row=due]");
  const since = async (began, moment) => (await moment) - began;

  window.measured = {
    enrol,
    today,
    /** What was fetched and painted when, a line each. */
    timeline: () => {
      const short = (name) => name.replace(/^.*\//, "") || "/";
      const line = ({ name, startTime, responseStart, responseEnd, duration, transferSize }) => [
        startTime,
        `${short(name)} ${responseStart ? `first byte ${responseStart.toFixed()}, last ${responseEnd.toFixed()}, ` : ""}` +
          `${duration.toFixed()} ms, ${transferSize ?? ""}`,
      ];
      const entries = performance.getEntries().filter(({ entryType }) => entryType !== "visibility-state");
      const all = [...entries, ...tasks].map(line).sort(([one], [other]) => one - other);
      return all.map(([at, words]) => `${at.toFixed().padStart(6)} ${words}`);
    },
    /** Whether the core is there, which the first page does not wait for. */
    core: () => window.gridwalk.call({ call: "GetSync", with: {} }).then(() => performance.now()),
    /** From the press to 今日, and to the last row; 今日 also from the first page of rows on. */
    firstSync: async () => {
      tasks.length = 0;
      const arrived = new Promise((resolve) =>
        window.gridwalk.listen(({ event, with: chip }) => {
          if (event === "Sync" && chip.state.First?.received > 0) resolve(performance.now());
        }),
      );
      const began = performance.now();
      visible("[data-act=enrol]").click();
      const whole = since(began, shown("[data-act=sync-chip].ok"));
      const usable = await today;
      return {
        today: usable - began,
        after_page: usable - (await arrived),
        whole: await whole,
        tasks: tasks.map(({ duration }) => duration),
      };
    },
    /** Types each text letter by letter, each letter once the last one is answered. */
    keystrokes: async (texts) => {
      const took = [];
      const field = visible("[data-page=households] [data-act=search]");
      for (const text of texts) {
        for (let end = 0; end <= text.length; end += 1) {
          const began = performance.now();
          const answer = answered("ListHouseholds");
          field.value = text.slice(0, end);
          field.dispatchEvent(new InputEvent("input", { bubbles: true }));
          await answer;
          if (end > 0) took.push(await since(began, painted()));
        }
      }
      return took;
    },
    /** The way into the core and back, without the page. */
    calls: async (requests) => {
      const took = [];
      for (const request of requests) {
        const began = performance.now();
        await window.gridwalk.call(request);
        took.push(performance.now() - began);
      }
      return took;
    },
    /** A visit saved without the page. */
    saveCalls: async (households) => {
      const took = [];
      for (const household of households) {
        const { with: { draft } } = await window.gridwalk.call({ call: "OpenVisitSheet", with: { household } });
        const began = performance.now();
        await window.gridwalk.call({ call: "SaveVisit", with: { draft: { ...draft, result: 1 } } });
        took.push(performance.now() - began);
      }
      return took;
    },
    /** Somebody was met; from the press on 保存 until the word that it is kept. */
    saves: async (households) => {
      const took = [];
      for (const household of households) {
        location.hash = `#/visit/${household}`;
        await shown(`[data-page=visit][data-ready=true] [data-act=result-1]`);
        visible("[data-page=visit] [data-act=result-1]").click();
        await painted();
        const save = visible("[data-page=visit] [data-act=save]");
        const began = performance.now();
        const answer = answered("SaveVisit");
        save.click();
        await answer;
        took.push(await since(began, shown("[data-toast] [data-act=undo]")));
        visible("[data-toast] button:last-child").click();
        location.hash = "#/households";
        await shown("[data-page=households][data-ready=true]");
      }
      return took;
    },
  };
})();
