import { expect, test } from "bun:test";
import { freeSpace } from "@host-service/disk";
import type { InboxLimits } from "../../source/index.ts";
import { chunk, chunkedHead, openClient, sizedHead, startReceiver } from "../receiver.ts";
import { mountSmallDisk } from "../small-disk.ts";
import { Workshop } from "../workshop.ts";

const mebibyte = 1024 * 1024;

async function refusedBody(
  { directory, limits, workshop }: { directory: string; limits?: Partial<InboxLimits>; workshop: Workshop },
  send: (client: ReturnType<typeof openClient>) => void,
) {
  const inbox = await workshop.inbox({ directory, ...(limits === undefined ? {} : { limits }) });
  await using receiver = startReceiver(inbox, { socketPath: workshop.path("socket") });
  using client = openClient(receiver.socketPath);
  send(client);
  const outcome = await receiver.next();
  if ("file" in outcome) throw new Error("Cannot refuse: it was received");
  await workshop.expectNothingLeft(directory);
  await client.closed;
  return outcome.error;
}

test("receiveBody: a length that would take the reserved space is refused before the first byte", async () => {
  using workshop = new Workshop();
  const reserveBytes = Number.MAX_SAFE_INTEGER - mebibyte;
  const directory = workshop.path("inbox");
  const error = await refusedBody({ directory, limits: { reserveBytes }, workshop }, (client) =>
    client.send(sizedHead(10)),
  );
  expect(error.problem).toMatchObject({
    kind: "no-space",
    bytesNeeded: 10,
    bytesReserved: reserveBytes,
    directory,
  });
});

test("receiveBody: a body of unknown length is stopped when it reaches the reserved space", async () => {
  using workshop = new Workshop();
  const reserveBytes = Number.MAX_SAFE_INTEGER - mebibyte;
  const directory = workshop.path("inbox");
  const error = await refusedBody({ directory, limits: { reserveBytes }, workshop }, (client) =>
    client.send(chunkedHead + chunk("abc")),
  );
  expect(error.problem).toMatchObject({ kind: "no-space", bytesNeeded: 3, bytesReserved: reserveBytes });
});

test("receiveBody: a body that fills the disk is refused with no-space, and the disk is empty again", async () => {
  using workshop = new Workshop();
  using disk = mountSmallDisk(workshop);
  if (disk === undefined) return;
  const directory = `${disk.directory}/inbox`;
  const error = await refusedBody({ directory, workshop }, (client) => {
    client.send(chunkedHead);
    for (let sent = 0; sent < 12; sent += 1) client.send(chunk("x".repeat(mebibyte)));
  });
  expect(error.kind).toBe("no-space");
  expect(freeSpace(disk.directory).bytes).toBe(8 * mebibyte);
});

test("receiveBody: a length above what is free says both figures", async () => {
  using workshop = new Workshop();
  using disk = mountSmallDisk(workshop);
  if (disk === undefined) return;
  const directory = `${disk.directory}/inbox`;
  const limits = { reserveBytes: mebibyte };
  const error = await refusedBody({ directory, limits, workshop }, (client) => client.send(sizedHead(8 * mebibyte)));
  expect(error.message).toBe(
    'Cannot receive "body": it needs at least 8.0 MiB (8388608 bytes) and 8.0 MiB (8388608 bytes) are free, ' +
      `of which 1.0 MiB (1048576 bytes) are kept in reserve; make room on the file system of "${directory}" and try again`,
  );
});

test("receivePath and receiveText: a full disk is no-space", async () => {
  using workshop = new Workshop();
  using disk = mountSmallDisk(workshop);
  if (disk === undefined) return;
  const directory = `${disk.directory}/inbox`;
  const inbox = await workshop.inbox({ directory });
  const image = workshop.path("image");
  await Bun.write(image, new Uint8Array(9 * mebibyte));
  await Bun.write(`${disk.directory}/ballast`, new Uint8Array(7.5 * mebibyte));
  const kinds = await Promise.all([
    inbox.receivePath(image).catch((error: unknown) => error),
    inbox.receiveText("x".repeat(mebibyte), { name: "config.yaml" }).catch((error: unknown) => error),
  ]);
  expect(kinds).toEqual([expect.objectContaining({ kind: "no-space" }), expect.objectContaining({ kind: "no-space" })]);
  await workshop.expectNothingLeft(directory);
});
