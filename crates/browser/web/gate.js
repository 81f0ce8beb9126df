// Runs in any browser there ever was, before anything else: one that cannot keep the work says so in plain words, and
// loads nothing more. The others are given the rest of the page's head.
(function () {
  var scripts = document.getElementsByTagName("script");
  var rest = scripts[scripts.length - 1].getAttribute("data-rest");
  var has = {
    secure: window.isSecureContext,
    files: navigator.storage && navigator.storage.getDirectory && window.FileSystemFileHandle,
    locks: navigator.locks && window.BroadcastChannel,
    modules: "noModule" in document.createElement("script") && window.Worker,
    wasm: window.WebAssembly && WebAssembly.instantiateStreaming,
    recent: Array.prototype.findLast && window.CSS && CSS.supports("inset", "0") && CSS.supports("selector(:has(a))"),
  };
  var words;
  if (has.secure === false) {
    words = [
      "这个地址不安全，浏览器不让网格随行存东西。",
      "请用 https:// 开头的地址打开，或者问发给你邀请的人。",
      "This address is not secure, so the browser keeps nothing for the app. Please open it with https://.",
    ];
  } else if (!(has.files && has.locks && has.modules && has.wasm && has.recent)) {
    words = [
      "这个浏览器太旧，存不住你的记录。",
      "请更新浏览器（Chrome、Edge 111，Safari 16.4，Firefox 121 或更新），或者换一台设备打开。iPhone 要把系统更新到 16.4 或更新。",
      "This browser is too old to keep your work. Please update it: Chrome or Edge 111, Safari 16.4, Firefox 121, or later.",
    ];
  }
  if (!words) {
    document.write(rest);
    return;
  }
  var page = document.createElement("body");
  page.setAttribute("data-page", "too-old");
  page.style.cssText = "margin:0;padding:24px;font:18px/1.6 sans-serif;max-width:32em";
  for (var i = 0; i < words.length; i += 1) {
    var line = document.createElement(i === 0 ? "h1" : "p");
    line.style.cssText = i === 0 ? "margin:0 0 14px;font-size:22px" : "margin:0 0 14px";
    line.appendChild(document.createTextNode(words[i]));
    page.appendChild(line);
  }
  document.documentElement.appendChild(page);
})();
