// What the units start: there, executable, and something that this host can run inside the image.
import type { Finding, FindingWithoutCheck } from "./finding.ts";
import { fitsHost, headBytesMax, hostName, machineName, readProgram } from "./program.ts";
import type { Found, ImageTree } from "./tree.ts";
import { parseUnitFile, programOf } from "./unit-file.ts";
import type { ImageUnit } from "./units.ts";

const searched = ["usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin", "sbin", "bin"];

export async function checkPrograms(
  tree: ImageTree,
  units: readonly ImageUnit[],
  architecture: string,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const unit of units.filter(({ name }) => name.endsWith(".service"))) {
    for (const commandLine of parseUnitFile(unit.text).values("Service", "ExecStart")) {
      findings.push(...(await checkProgram(tree, programOf(commandLine), { unit, architecture })));
    }
  }
  return findings;
}

interface Asking {
  unit: ImageUnit;
  architecture: string;
}

async function checkProgram(tree: ImageTree, program: string, asking: Asking): Promise<Finding[]> {
  const { unit } = asking;
  const named = `${unit.name} starts ${JSON.stringify(program)}`;
  if (program.includes("%")) {
    const text = `${named}, which systemd completes when it starts it; nobody has looked whether it is there`;
    return [{ check: "programs", result: "warning", path: unit.path, text }];
  }
  const found = await lookUp(tree, program);
  const problem = problemOf(found, named);
  if (found === undefined || problem !== undefined)
    return problem === undefined ? [] : [{ check: "programs", ...problem }];
  return await checkStart(tree, found, { ...asking, named });
}

function problemOf(found: Found | undefined, named: string): FindingWithoutCheck | undefined {
  if (found === undefined) {
    return { result: "refused", text: `${named}, which is not in the image; put it there or correct ExecStart=` };
  }
  const { path } = found;
  if (found.type !== "file") {
    return { result: "refused", path, text: `${named}, but ${path} is no file; put the program there` };
  }
  if ((found.mode & 0o111) === 0) {
    return { result: "refused", path, text: `${named}, but ${path} is not executable; give it mode 0755` };
  }
  return undefined;
}

async function lookUp(tree: ImageTree, program: string): Promise<Found | undefined> {
  if (program.startsWith("/")) return (await tree.resolve(program)).found;
  if (program.includes("/")) return undefined;
  for (const directory of searched) {
    const { found } = await tree.resolve(`${directory}/${program}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function checkStart(tree: ImageTree, found: Found, asking: Asking & { named: string }): Promise<Finding[]> {
  const { architecture, named } = asking;
  const refused = (text: string): Finding[] => [{ check: "loaders", result: "refused", path: found.path, text }];
  const program = readProgram(await tree.read(found, Math.min(found.bytes, headBytesMax)));
  switch (program.kind) {
    case "unknown":
      return refused(
        `${named}, but ${found.path} is neither an ELF program nor a script with "#!"; put a program there`,
      );
    case "script": {
      const interpreter = (await tree.resolve(program.interpreter)).found;
      if (interpreter?.type === "file") return [];
      return refused(
        `${named}, a script for ${JSON.stringify(program.interpreter)}, which is not in the image; add it to the image`,
      );
    }
    case "elf": {
      if (!fitsHost(program.machine, architecture)) {
        const is = `${machineName(program.machine)}, and this host is ${hostName(architecture)}`;
        return refused(`${named}, but ${found.path} is made for ${is}; build the image for this host`);
      }
      if (program.loader === undefined || (await tree.resolve(program.loader)).found?.type === "file") return [];
      return refused(
        `${named}, which needs the loader ${JSON.stringify(program.loader)}, which is not in the image; ` +
          "add it and the libraries, or link the program statically",
      );
    }
  }
}
