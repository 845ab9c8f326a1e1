import { expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { refusal, Workshop } from "./workshop.ts";

test("openInbox: makes the directory for its owner alone, with those above it", async () => {
  using workshop = new Workshop();
  const directory = workshop.path("state/inbox");
  await workshop.inbox({ directory });
  expect(statSync(directory).mode & 0o7777).toBe(0o700);
});

test("openInbox: closes a directory that was open to others", async () => {
  using workshop = new Workshop();
  mkdirSync(workshop.path("inbox"));
  chmodSync(workshop.path("inbox"), 0o777);
  await workshop.inbox();
  expect(statSync(workshop.path("inbox")).mode & 0o7777).toBe(0o700);
});

test("openInbox: removes what an earlier run left, and nothing that is not of its own", async () => {
  using workshop = new Workshop();
  const directory = workshop.path("inbox");
  mkdirSync(directory);
  const foreign = ["passwd", "0123456789abcdef.part", `${"0".repeat(32)}.txt`];
  for (const name of [...foreign, "0".repeat(32), `${"f".repeat(32)}.part`]) {
    writeFileSync(`${directory}/${name}`, "left");
  }
  await workshop.inbox();
  expect(readdirSync(directory).toSorted()).toEqual(foreign.toSorted());
});

test("openInbox: a file in its place is refused", async () => {
  using workshop = new Workshop();
  writeFileSync(workshop.path("inbox"), "");
  const error = await refusal(workshop.inbox());
  expect(error.kind).toBe("failed");
  expect(error.message).toStartWith(`Cannot open the inbox "${workshop.path("inbox")}": `);
});

test("Inbox: a directory that went away is a failure that says so", async () => {
  using workshop = new Workshop();
  const inbox = await workshop.inbox();
  rmSync(workshop.path("inbox"), { recursive: true });
  const error = await refusal(inbox.receiveText("abc", { name: "config.yaml" }));
  expect(error.kind).toBe("failed");
});

test("InboxFile.discard: unlinks and closes, and once more does nothing", async () => {
  using workshop = new Workshop();
  const inbox = await workshop.inbox();
  const first = await inbox.receiveText("abc", { name: "config.yaml" });
  const second = await inbox.receiveText("abc", { name: "config.yaml" });
  expect(readdirSync(workshop.path("inbox"))).toHaveLength(2);
  await first.discard();
  expect(existsSync(first.path)).toBe(false);
  // The number may be somebody else's by now, so a second close would be harmful.
  const other = await inbox.receiveText("def", { name: "config.yaml" });
  await first.discard();
  expect(existsSync(`/proc/self/fd/${other.fd}`)).toBe(true);
  await Promise.all([second.discard(), other.discard()]);
  await workshop.expectNothingLeft();
});

test("Workshop.expectNothingLeft: turns red when something is left", async () => {
  using workshop = new Workshop();
  const inbox = await workshop.inbox();
  const file = await inbox.receiveText("abc", { name: "config.yaml" });
  const message = await workshop.expectNothingLeft().catch(String);
  expect(message).toStartWith("Error: left in the inbox: ");
  await file.discard();
});
