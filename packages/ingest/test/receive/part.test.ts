import { expect, test } from "bun:test";
import { textBytesMax } from "../../source/index.ts";
import { refusal, Workshop } from "../workshop.ts";

test("receivePart: a part above 1 MiB is refused before it is read, as it would be held in memory", async () => {
  using workshop = new Workshop();
  const inbox = await workshop.inbox();
  // Nothing can be read from it, so that only a check before the read finds the part too large.
  const unreadable = { path: "", fd: -1, bytes: 2 ** 30, sha256: "", discard: () => Promise.resolve() };
  const part = { offset: 512, bytes: textBytesMax + 1 };
  const error = await refusal(inbox.receivePart(unreadable, part, { name: "meta.tar.xz" }));
  expect(error.message).toBe(
    'Cannot receive "meta.tar.xz": it has at least 1.0 MiB (1048577 bytes), the limit is 1.0 MiB (1048576 bytes); ' +
      "make it smaller",
  );
  await workshop.expectNothingLeft();
});

test("receivePart and digestPart: a part beyond the end of its file is an IngestError", async () => {
  using workshop = new Workshop();
  const inbox = await workshop.inbox();
  const whole = await inbox.receiveText("abcdef", { name: "bundle" });
  const part = { offset: 4, bytes: 10 };
  const large = { offset: 4, bytes: 2 * textBytesMax };
  const errors = await Promise.all([
    refusal(inbox.receivePart(whole, part, { name: "part" })),
    refusal(inbox.digestPart(whole, part, { name: "part" })),
    refusal(inbox.digestPart(whole, large, { name: "part" })),
  ]);
  expect(errors.map((error) => error.kind)).toEqual(["failed", "failed", "failed"]);
  await whole.discard();
  await workshop.expectNothingLeft();
});
