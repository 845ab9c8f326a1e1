import { expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { examineKeys } from "../../../source/doctor/checks/configuration.ts";
import { onHealthyHost, told } from "../healthy.ts";

const key =
  "untrusted comment: minisign public key E7620F1842B4E81F\nRWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3\n";
const containers = "keys for containers";

test("examineKeys finds that there are none, keys that cannot be read, and keys that are none", () =>
  onHealthyHost(async (host) => {
    const examine = async (more: string, check = containers) =>
      told(await examineKeys(host.configuration(more)), check, host);
    expect(await examine("")).toBe(
      "warning: there are none, so that images of anybody are taken -> give keys under [verify.container]; hostctl image sign says how images are signed",
    );
    const asked = '[verify.container]\nkeys = ["a.pub"]\n';
    expect(await examine(asked)).toMatch(
      /^problem: Cannot read .*a\.pub: there is no such key file -> correct \[verify\.container\], or the key file$/,
    );
    await writeFile(join(host.directory, "a.pub"), "no key\n");
    expect(await examine(asked)).toMatch(/^problem: Cannot .* -> correct \[verify\.container\], or the key file$/);
    await writeFile(join(host.directory, "a.pub"), key);
    expect(await examine(asked)).toBe("ok: they can be read");
    expect(await examine('[verify.system]\nkeys = ["b.pem"]\n', "keys for the system")).toMatch(/^problem: .*b\.pem/);
    expect(await examine("", "keys for the system")).toBe("");
  }));
