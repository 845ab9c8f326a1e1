import { expect, test } from "bun:test";
import { ArchiveError } from "../source/error.ts";

test("told calls the archive what the reader calls it, and adds what can be done", () => {
  const found = new ArchiveError("corrupt", 'Cannot unpack the archive: the header after "the archive: x" is wrong', {
    entry: "x",
  });
  const told = found.told({ as: "the metadata", next: "fetch it again" });
  expect({ kind: told.kind, entry: told.entry, message: told.message }).toEqual({
    kind: "corrupt",
    entry: "x",
    message: 'Cannot unpack the metadata: the header after "the archive: x" is wrong; fetch it again',
  });
});

test("told leaves a message about an entry as it is", () => {
  const message = 'Cannot unpack "../x": its name leads out of the root';
  expect(new ArchiveError("entry-refused", message).told({ as: "the metadata" }).message).toBe(message);
});
