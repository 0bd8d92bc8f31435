// The peer: a Hocuspocus server with its defaults and its SQLite extension.
//
//     node hocuspocus.mjs PORT FOLDER

import { SQLite } from "@hocuspocus/extension-sqlite";
import { Server } from "@hocuspocus/server";

const [port, folder] = process.argv.slice(2);
const storage = new SQLite({ database: `${folder}/documents.sqlite` });
const server = new Server({
  address: "127.0.0.1",
  port: Number(port),
  quiet: true,
  extensions: [storage],
});
await server.listen();
