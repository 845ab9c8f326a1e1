// The tool that people make their artifacts with, as Debian has it.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keys } from "./reading.ts";

export interface Workshop extends AsyncDisposable {
  readonly directory: string;
  /** Runs mender-artifact in the directory; throws with what it said when it fails. */
  run(...words: string[]): Promise<string>;
  read(name: string): Promise<Uint8Array>;
  write(name: string, contents: Uint8Array | string): Promise<string>;
}

/** A directory with `rsa.key` and `ec.key`, in the forms that the tool reads, and their public halves as `.pub`. */
export async function menderWorkshop(): Promise<Workshop> {
  const directory = await mkdtemp(join(tmpdir(), "mender-artifact-"));
  const at = (name: string): string => join(directory, name);
  await Bun.write(at("rsa.key"), keys.rsa.privateKey.export({ type: "pkcs1", format: "pem" }));
  await Bun.write(at("ec.key"), keys.ec.privateKey.export({ type: "sec1", format: "pem" }));
  await Bun.write(at("rsa.pub"), keys.rsa.pem);
  await Bun.write(at("ec.pub"), keys.ec.pem);
  return {
    directory,
    async run(...words) {
      const environment = { PATH: "/usr/bin:/bin", HOME: directory };
      const child = Bun.spawn(["mender-artifact", ...words], {
        cwd: directory,
        env: environment,
        stdout: "pipe",
        stderr: "pipe",
      });
      const [output, errors, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
      if (status === 0) return output;
      throw new Error(`Cannot run mender-artifact ${words.join(" ")}: it ended with ${status}: ${errors}`);
    },
    read: async (name) => new Uint8Array(await Bun.file(at(name)).arrayBuffer()),
    async write(name, contents) {
      await Bun.write(at(name), contents);
      return at(name);
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
