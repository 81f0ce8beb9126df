// Notes what is done to the pool's files, in its order, from below the pool. Called once, as the body of a function.
const files = FileSystemFileHandle.prototype;
const handles = FileSystemSyncAccessHandle.prototype;
const { createSyncAccessHandle } = files;
const { write, truncate, flush, close } = handles;
const names = new WeakMap();
/** Files by their names. Once something was noted they stay open: to open one takes longer than to look what is in it. */
const kept = new Map();
let steps = [];
let isWatched = false;
let isNoted = false;

const note = (handle, ...step) => {
  if (isWatched && names.has(handle)) steps.push([names.get(handle), ...step]);
};

files.createSyncAccessHandle = async function (...given) {
  const handle = kept.get(this.name) ?? (await createSyncAccessHandle.apply(this, given));
  // The file that is the pool's lock stays empty.
  if (this.name !== ".lock") names.set(handle, this.name);
  if (isNoted) kept.set(this.name, handle);
  note(handle, "open");
  return handle;
};
handles.close = function () {
  if (![...kept.values()].includes(this)) close.call(this);
};
handles.write = function (bytes, options) {
  note(this, "write", options?.at ?? 0, bytes.slice());
  return write.call(this, bytes, options);
};
handles.truncate = function (size) {
  note(this, "truncate", size);
  return truncate.call(this, size);
};
handles.flush = function () {
  note(this, "flush");
  // Nobody cuts the power while it is looked what a cut left, and waiting for the disk is most of the time.
  if (isWatched) flush.call(this);
};

const begin = () => {
  [steps, isWatched] = [[], true];
};
const end = () => {
  [isWatched, isNoted] = [false, true];
  return steps;
};
return [begin, end, () => steps.length];
