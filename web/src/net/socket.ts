import { HocuspocusProviderWebsocket } from "@hocuspocus/provider";
import { MessageType } from "../contract.gen";
import { FORCED } from "./line-states";

/** Never, for an interval that the library insists on; within what a browser's timer can hold. */
const NEVER = 20_000_000_000;

/** `WebSocket.OPEN`, also where there is no such global. */
const OPEN = 1;
const PING = new Uint8Array([MessageType.PING]);

export interface SocketEvents {
  opened(): void;
  heard(): void;
  closed(code: number, reason: string): void;
}

/** What `new` has to make; only tests outside a browser name another. */
export type WebSocketClass = new (url: string) => WebSocket;

/**
 * One socket for all documents of an incident. The library multiplexes and speaks the dialect;
 * when to connect, and when a line counts as lost, is the line's business: its own retries and
 * its own check for silence (which would come after half a minute, in whole tenths) are off.
 */
export class Socket extends HocuspocusProviderWebsocket {
  constructor(url: string, events: SocketEvents, webSocket?: WebSocketClass) {
    super({
      url,
      autoConnect: false,
      maxAttempts: 1,
      delay: 500,
      minDelay: 0,
      messageReconnectTimeout: NEVER,
      ...(webSocket === undefined ? {} : { WebSocketPolyfill: webSocket }),
      // These are called before the library's own handlers and before those of the documents.
      onOpen: () => events.opened(),
      onMessage: () => events.heard(),
      onClose: ({ event }) => {
        this.shouldConnect = false;
        events.closed(event.code, event.reason);
      },
    });
  }

  /**
   * Without a socket nothing is sent, and nothing is queued: it travels in the answer to the
   * server's first question, which counts as one change. Were a queue sent as well, as the library
   * does, the acknowledgements of the one would be taken for the other, and the page would say
   * "saved" too early. (The library also looks through its whole queue at every caret move.)
   */
  override send(message: Uint8Array<ArrayBuffer>): void {
    if (this.webSocket?.readyState === OPEN) this.webSocket.send(message);
  }

  /** Asks the other side for a sign of life; anything that comes back counts as heard. */
  probe(): void {
    this.send(PING);
  }

  /** The library knows the server's pings and our pongs, not the server's pongs. */
  override onMessage(event: MessageEvent<ArrayBuffer>): void {
    const [kind] = new Uint8Array(event.data);
    if (event.data.byteLength > 1 || kind !== MessageType.PONG) super.onMessage(event);
  }

  /**
   * Ends the socket now, as if the other side had. A dead line never answers the closing
   * handshake, so its own `close` event would come too late or not at all. Everybody who listens
   * is told by the same event as ever; what the old socket still says is not heard.
   */
  drop(reason: string): void {
    this.shouldConnect = false;
    this.emit("close", { event: { code: FORCED, reason } });
  }
}
