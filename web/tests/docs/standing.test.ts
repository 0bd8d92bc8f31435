import { expect, test } from "vitest";
import type { Boot, Phase, Role } from "../../src/boot";
import { Standing } from "../../src/docs/standing";
import type { Shell } from "../../src/net/server";
import { HandClock } from "../net/hand-clock";
import { turns } from "../net/wire";

function bootOf(phase: Phase, role: Role): Boot {
  return { role, incident: { phase } } as Boot;
}

function aShell(phase: Phase, role: Role): Shell {
  return { boot: bootOf(phase, role), page: {} as ParentNode };
}

function aStanding(shell: () => Promise<Shell | undefined>) {
  const clock = new HandClock();
  const asked: number[] = [];
  const nobody = () => Promise.reject(new Error("nobody was to ask"));
  const server = {
    admit: nobody,
    documents: nobody,
    shell: () => {
      asked.push(clock.now());
      return shell();
    },
  };
  const standing = new Standing(bootOf("warm", "editor"), { clock, server, random: () => 1 });
  const pages: ParentNode[] = [];
  standing.onPage((page) => pages.push(page));
  return { standing, clock, asked, pages };
}

test("many changes in a moment are one question, and the page gets the answer", async () => {
  const { standing, clock, asked, pages } = aStanding(async () => aShell("closed", "editor"));
  for (let change = 0; change < 5; change++) standing.changed();
  clock.pass(1_000);
  await turns();
  expect([asked, pages.length]).toEqual([[500], 1]);
  expect([standing.phase, standing.change]).toEqual(["closed", "closed"]);
  standing.understood();
  expect([standing.phase, standing.change]).toEqual(["closed", undefined]);
});

test.each<[Phase, Role, string | undefined]>([
  ["tepid", "editor", undefined],
  ["warm", "observer", "observer"],
  ["closed", "observer", "closed"],
])("%s and %s: told of %s", async (phase, role, change) => {
  const { standing, clock } = aStanding(async () => aShell(phase, role));
  standing.changed();
  clock.pass(1_000);
  await turns();
  expect(standing.change).toBe(change);
});

test("a server that does not answer is asked again, not for ever", async () => {
  const { standing, clock, asked } = aStanding(() => Promise.reject(new Error("away")));
  standing.changed();
  for (let second = 0; second < 100; second++) {
    clock.pass(1_000);
    await turns();
  }
  expect(asked).toHaveLength(5);
});

test("the answer to an earlier question does not undo a later one", async () => {
  const answers: ((shell: Shell) => void)[] = [];
  const { standing, clock } = aStanding(() => new Promise((resolve) => answers.push(resolve)));
  for (let question = 0; question < 2; question++) {
    standing.changed();
    clock.pass(1_000);
  }
  answers[1]?.(aShell("closed", "editor"));
  answers[0]?.(aShell("warm", "editor"));
  await turns();
  expect(standing.phase).toBe("closed");
});
