import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // a test reads the tokens: without this every style sheet is empty
    css: true,
    environment: "node",
    include: ["tests/**/*.test.ts", "src/**/*.test.ts"],
  },
});
