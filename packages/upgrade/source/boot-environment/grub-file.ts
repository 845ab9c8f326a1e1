// One environment block. grub-editenv truncates it before it writes, so that a cut in between leaves an empty file, and GRUB without a
// slot. So the tool works on a copy, and the new block goes over the old one in place: in one write, and where GRUB itself writes.
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UpgradeError } from "../error.ts";
import { type Environment, type Variables, type WriteResult, parseVariables } from "./environment.ts";
import { expectWritable, readOnlyAdvice } from "./script-tools.ts";
import { type ToolOptions, needTool, runTool, toolError } from "./tool.ts";

const reading = "read the boot environment";
const writing = "change the boot environment";
const install = "install grub-common";
const advice =
  "set upgrade.boot_environment_file to the file that GRUB loads, and make it with grub-editenv create where there is none";
// grub-editenv makes 1024; GRUB writes whatever length it finds.
const blockBytesMax = 65_536;

export function grubFileEnvironment(file: string, options: ToolOptions): Environment {
  return {
    async read() {
      const tool = needTool("grub-editenv", install, options);
      // The tool takes a missing file for an empty one.
      readBlock(file);
      const { stdout, complaint } = await runTool([tool, file, "list"], { ...options, purpose: reading });
      if (complaint !== undefined) throw toolError(tool, reading, `${complaint} ${JSON.stringify(file)}; ${advice}`);
      return parseVariables(stdout);
    },
    writes: [(batch) => write(file, batch, options)],
    checkWritable() {
      expectWritable(file);
    },
  };
}

async function write(file: string, batch: Variables, options: ToolOptions): Promise<WriteResult> {
  const tool = needTool("grub-editenv", install, options);
  const pairs = [...batch].map(([name, value]) => `${name}=${value}`);
  const old = readBlock(file);
  const directory = mkdtempSync(join(tmpdir(), "host-service-grubenv-"));
  try {
    const copy = join(directory, "grubenv");
    writeFileSync(copy, old);
    const { complaint } = await runTool([tool, copy, "set", ...pairs], { ...options, purpose: writing });
    if (complaint !== undefined) return { tool, advice, complaint };
    const block = readBlock(copy);
    if (block.byteLength !== old.byteLength) {
      throw toolError(tool, writing, `made ${block.byteLength} bytes of ${old.byteLength}; ${advice}`);
    }
    overwrite(file, block);
    return { tool, advice };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function readBlock(file: string): Buffer {
  return withFile(file, constants.O_RDONLY, reading, (fd) => {
    const { size } = fstatSync(fd);
    if (size === 0 || size > blockBytesMax) {
      const why = `${JSON.stringify(file)} has ${size} bytes and cannot be an environment block; ${advice}`;
      throw new UpgradeError("boot-environment", `Cannot ${reading}: ${why}`);
    }
    const block = Buffer.alloc(size);
    return block.subarray(0, readSync(fd, block, 0, size, 0));
  });
}

function overwrite(file: string, block: Buffer): void {
  withFile(file, constants.O_WRONLY, writing, (fd) => {
    // The point of no return. The variables stand at the start, in the first sector unless there are very many.
    writeSync(fd, block, 0, block.byteLength, 0);
    fsyncSync(fd);
  });
}

function withFile<Result>(file: string, flags: number, purpose: string, use: (fd: number) => Result): Result {
  try {
    const fd = openSync(file, flags);
    try {
      return use(fd);
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    if (cause instanceof UpgradeError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UpgradeError(
      "boot-environment",
      `Cannot ${purpose}: ${why}; ${purpose === writing ? readOnlyAdvice : advice}`,
      { cause },
    );
  }
}
