/** As much of the package `ws` as these tests use. */
declare module "ws" {
  export default class WebSocket {
    constructor(url: string, options?: { headers?: Record<string, string> });
    terminate(): void;
  }
}
