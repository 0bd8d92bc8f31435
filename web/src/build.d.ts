// What web/build.mjs puts into the service worker. The page's own scripts do not get these.

/** The addresses of all files of this build: scripts, styles, fonts (`/static/app.ABCD1234.js`). */
declare const __ASSETS__: readonly string[];

/** A name for this build that changes whenever one of those files does. */
declare const __BUILD__: string;

declare module "*.css?raw" {
  const text: string;
  export default text;
}
