// Processes across PID namespaces, by what /proc says: no tool has to be in the device or in a container.
import { readFile } from "node:fs/promises";

/** All descendants, parents first. */
export async function descendantsOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  const children = text.split(" ").filter(Boolean).map(Number);
  const below = await Promise.all(children.map(descendantsOf));
  return children.flatMap((child, index) => [child, ...(below[index] ?? [])]);
}

/** Its number in each PID namespace, from ours inwards; empty where it has ended. */
export async function pidsInNamespaces(pid: number): Promise<number[]> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const line = /^NSpid:(.*)$/m.exec(status)?.[1] ?? "";
  return line.trim().split(/\s+/).filter(Boolean).map(Number);
}
