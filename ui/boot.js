// Starts the user interface, or says plainly that it could not start.
import init from './ui.js';

try {
  await init({ module_or_path: new URL('./ui_bg.wasm', import.meta.url) });
} catch (error) {
  console.error(error);
  const words = document.createElement('p');
  words.className = 'boot-failed';
  words.setAttribute('role', 'alert');
  words.textContent =
    '界面没能打开，你的记录都还在。请关掉再开一次；还不行，请更新系统的浏览器组件 (WebView)。 ' +
    'The app could not start; your records are safe. Please open it again, or update the system WebView.';
  document.body.append(words);
}
