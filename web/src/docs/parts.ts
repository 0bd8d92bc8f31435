/**
 * What an incident's documents are built of: the real parts of a page, or those that a test brings.
 */
import type { Boot } from "../boot";
import { browserClock, type Clock } from "../net/clock";
import { DeviceStore } from "../net/device-store";
import { type PageLife, windowLife } from "../net/page-life";
import { HttpServer, type Server } from "../net/server";
import type { WebSocketClass } from "../net/socket";
import { type OfflineStore, WindowStore } from "../net/store";

export interface IncidentParts {
  clock: Clock;
  server: Server;
  store: OfflineStore;
  page: PageLife;
  /** Where the live line is. */
  url: string;
  webSocket?: WebSocketClass;
  random?: () => number;
}

export function usualParts(boot: Boot): IncidentParts {
  return {
    clock: browserClock(),
    server: new HttpServer(boot),
    store: boot.ownDevice ? new DeviceStore(indexedDB) : new WindowStore(),
    page: windowLife(),
    url: addressOf(boot.collab),
  };
}

function addressOf(path: string): string {
  const address = new URL(path, location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return address.href;
}
