import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { textBytesMax } from "../../source/index.ts";
import { refusal, sha256, Workshop } from "../workshop.ts";

test("receiveText: the text becomes a file, as UTF-8", async () => {
  using workshop = new Workshop();
  const inbox = await workshop.inbox();
  const file = await inbox.receiveText("name: gerät\n", { name: "config.yaml" });
  expect(file).toMatchObject({ bytes: 13, sha256: sha256("name: gerät\n") });
  expect(readFileSync(file.path, "utf8")).toBe("name: gerät\n");
  await file.discard();
  await workshop.expectNothingLeft();
});

test("receiveText: exactly the limit is received", async () => {
  using workshop = new Workshop();
  const inbox = await workshop.inbox();
  const file = await inbox.receiveText("x".repeat(textBytesMax), { name: "config.yaml" });
  expect(file.bytes).toBe(textBytesMax);
  await file.discard();
});

for (const [what, text, says] of [
  ["no text", "", "it is empty; check how it was made"],
  [
    "a text above the limit",
    "x".repeat(textBytesMax + 1),
    "it has at least 1.0 MiB (1048577 bytes), the limit is 1.0 MiB (1048576 bytes); give it as a file",
  ],
] as const) {
  test(`receiveText: ${what} is refused`, async () => {
    using workshop = new Workshop();
    const inbox = await workshop.inbox();
    const error = await refusal(inbox.receiveText(text, { name: "config.yaml" }));
    expect(error.message).toBe(`Cannot receive "config.yaml": ${says}`);
    await workshop.expectNothingLeft();
  });
}

test("receivePart makes a file of a part, and digestPart answers the digest of one", async () => {
  using workshop = new Workshop();
  const inbox = await workshop.inbox();
  const whole = await inbox.receiveText("head|middle|tail", { name: "bundle" });
  const part = await inbox.receivePart(whole, { offset: 5, bytes: 6 }, { name: "part" });
  expect(await Bun.file(part.path).text()).toBe("middle");
  const digest = await inbox.digestPart(whole, { offset: 5, bytes: 6 }, { name: "part" });
  expect(digest).toBe(part.sha256);
  await expect(inbox.receivePart(whole, { offset: 0, bytes: 5 }, { name: "part", bytesMax: 4 })).rejects.toMatchObject({
    kind: "too-large",
  });
  await whole.discard();
  await part.discard();
  await workshop.expectNothingLeft();
});
