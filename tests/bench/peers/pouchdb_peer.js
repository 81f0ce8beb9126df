// PouchDB as a peer: one process is express-pouchdb over LevelDB, the other a database of its own that
// replicates with it over HTTP. Commands come on standard input, one line of JSON answers each.
'use strict';

const PouchDB = require('pouchdb');
const fs = require('fs');
const readline = require('readline');

const [role, folder, address] = process.argv.slice(2);
const BATCH = { batch_size: 1000, batches_limit: 10 };
const text = (number, mark) => mark.replace('#', String(number));

function serve() {
  const Served = PouchDB.defaults({ prefix: folder + '/' });
  const app = require('express')();
  const options = { mode: 'minimumForPouchDB', inMemoryConfig: true, logPath: folder + '/log.txt' };
  app.use('/', require('express-pouchdb')(Served, options));
  const [host, port] = address.split(':');
  app.listen(Number(port), host, () => console.log('listening'));
}

const commands = {
  async seed(file) {
    const rows = fs.readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
    const docs = rows.map(({ id, ...rest }) => ({ _id: id, ...rest }));
    const there = new PouchDB(address + '/rows');
    for (let at = 0; at < docs.length; at += 1000) await there.bulkDocs(docs.slice(at, at + 1000));
    return {};
  },
  async first() {
    const began = performance.now();
    const { docs_written } = await device.replicate.from(address + '/rows', BATCH);
    await device.get((await device.allDocs({ limit: 1 })).rows[0].id);
    return { ms: performance.now() - began, found: docs_written };
  },
  async round() {
    const began = performance.now();
    await device.sync(address + '/rows', BATCH);
    return { ms: performance.now() - began };
  },
  async edit(field, mark) {
    const docs = await households();
    docs.forEach((doc, number) => (doc.body[field] = text(number, mark)));
    await device.bulkDocs(docs);
    return { bytes: docs.reduce((sum, doc) => sum + Buffer.byteLength(doc.body[field]), 0) };
  },
  async count(field, mark) {
    const docs = await households();
    return { found: docs.filter((doc, number) => doc.body[field] === text(number, mark)).length };
  },
};

async function households() {
  const all = await device.allDocs({ include_docs: true });
  return all.rows.map((row) => row.doc).filter((doc) => doc.kind === 'household').slice(0, 1000);
}

async function obey() {
  console.log('ready');
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [name, ...args] = line.split(' ');
    console.log(JSON.stringify(await commands[name](...args)));
  }
}

let device;
if (role === 'serve') {
  serve();
} else {
  device = new PouchDB(folder + '/device', { auto_compaction: false });
  obey();
}
