import { createDecoder, readVarString, readVarUint } from "lib0/decoding";
import {
  createEncoder,
  toUint8Array,
  writeVarInt,
  writeVarString,
  writeVarUint,
} from "lib0/encoding";
import { MessageType } from "../../src/contract.gen";
import type { WebSocketClass } from "../../src/net/socket";

type Handler = (event: unknown) => void;

/** The browser's end of a websocket whose other end is the test. */
export class WireSocket {
  static made: WireSocket[] = [];
  readyState = 0;
  binaryType = "";
  readonly sent: Uint8Array[] = [];
  readonly #handlers = new Map<string, Handler[]>();

  constructor(readonly url: string) {
    WireSocket.made.push(this);
  }

  static get last(): WireSocket {
    const last = WireSocket.made.at(-1);
    if (last === undefined) throw new Error("nobody opened a socket");
    return last;
  }

  addEventListener(type: string, handler: Handler): void {
    this.#handlers.set(type, [...(this.#handlers.get(type) ?? []), handler]);
  }

  removeEventListener(type: string, handler: Handler): void {
    const left = (this.#handlers.get(type) ?? []).filter((one) => one !== handler);
    this.#handlers.set(type, left);
  }

  send(frame: Uint8Array): void {
    this.sent.push(new Uint8Array(frame));
  }

  close(): void {
    // a dead line never answers the closing handshake
    this.readyState = 2;
  }

  /** The handshake succeeds. */
  open(): void {
    this.readyState = 1;
    this.#tell("open", {});
  }

  /** The server says something. */
  say(frame: Uint8Array): void {
    this.#tell("message", { data: frame.slice().buffer });
  }

  ping(): void {
    this.say(new Uint8Array([MessageType.PING]));
  }

  /** The socket ends. */
  end(code: number, reason = ""): void {
    this.readyState = 3;
    this.#tell("close", { code, reason });
  }

  /** What was sent, as `type` or `type/subtype`. */
  get kinds(): string[] {
    return this.sent.map(kindOf);
  }

  #tell(type: string, event: unknown): void {
    for (const handler of this.#handlers.get(type) ?? []) handler(event);
  }
}

/** The class as the line takes it. */
export const WIRE = WireSocket as unknown as WebSocketClass;

const NAMES = new Map(
  Object.entries(MessageType).map(([name, number]) => [number as number, name]),
);

function kindOf(frame: Uint8Array): string {
  if (frame.length === 1) return NAMES.get(frame[0] ?? -1) ?? "?";
  const decoder = createDecoder(frame);
  readVarString(decoder);
  const type = readVarUint(decoder);
  const name = NAMES.get(type) ?? "?";
  return type === MessageType.SYNC ? `${name}/${readVarUint(decoder)}` : name;
}

/** A frame of the server. */
export function frame(
  name: string,
  type: number,
  write: (to: ReturnType<typeof createEncoder>) => void,
) {
  const encoder = createEncoder();
  writeVarString(encoder, name);
  writeVarUint(encoder, type);
  write(encoder);
  return toUint8Array(encoder);
}

export function authenticated(name: string, scope = "read-write"): Uint8Array {
  return frame(name, MessageType.AUTH, (to) => {
    writeVarUint(to, 2);
    writeVarString(to, scope);
  });
}

export function denied(name: string, reason: string): Uint8Array {
  return frame(name, MessageType.AUTH, (to) => {
    writeVarUint(to, 1);
    writeVarString(to, reason);
  });
}

export function syncStatus(name: string, saved: boolean): Uint8Array {
  return frame(name, MessageType.SYNC_STATUS, (to) => writeVarInt(to, saved ? 1 : 0));
}

export function notice(name: string, told: object): Uint8Array {
  return frame(name, MessageType.STATELESS, (to) => writeVarString(to, JSON.stringify(told)));
}

/** Lets everything run that waits for nothing but its turn. */
export async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setTimeout(resolve));
}
