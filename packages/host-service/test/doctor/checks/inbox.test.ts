import { expect, test } from "bun:test";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { examineInbox } from "../../../source/doctor/checks/inbox.ts";
import { onHealthyHost, told } from "../healthy.ts";

test("examineInbox finds what was left behind, and takes uploads and running operations for what they are", () =>
  onHealthyHost(async (host) => {
    const examine = async () => told([await examineInbox(host.world, host.stateDirectory)], "inbox", host);
    expect(await examine()).toBe("ok: nothing was left behind");
    for (const name of ["1.upload", "1.upload.json"]) await writeFile(join(host.stateDirectory, "inbox", name), "");
    expect(await examine()).toBe("ok: nothing was left behind, 1 unfinished uploads wait");
    await writeFile(join(host.stateDirectory, "inbox/5d1c"), "");
    expect(await examine()).toBe(
      "warning: 1 files were left behind, 1 unfinished uploads wait -> restart host-service, which sweeps it when it starts",
    );
    host.world = { ...host.world, daemon: { operations: 1 } };
    expect(await examine()).toStartWith("ok: ");
    await rm(join(host.stateDirectory, "inbox"), { recursive: true });
    expect(await examine()).toBe("ok: nothing was left behind");
    await writeFile(join(host.stateDirectory, "inbox"), "");
    expect(await examine()).toBe("problem: it cannot be listed (ENOTDIR: not a directory) -> run this as root");
  }));
