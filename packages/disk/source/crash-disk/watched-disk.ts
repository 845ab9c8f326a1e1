import type { Disk } from "../disk.ts";

const changing: ReadonlySet<string> = new Set([
  "create",
  "sync",
  "rename",
  "unlink",
  "link",
  "makeDirectory",
  "removeTree",
]);

/**
 * A disk that tells each changing operation before it is done. What is thrown then happens instead of it; the answer
 * "skip" means that it only seems to be done.
 */
export function watchedDisk(disk: Disk, before: (operation: string, path: string) => "skip" | void): Disk {
  return new Proxy(disk, {
    get(target, property) {
      const found: unknown = Reflect.get(target, property, target);
      if (typeof found !== "function" || typeof property !== "string") return found;
      if (!changing.has(property)) return found.bind(target);
      return async (...parameters: unknown[]) => {
        // Of a rename the new name, of a link the link.
        const answer = before(property, String(parameters[property === "rename" || property === "link" ? 1 : 0]));
        if (answer === "skip") return undefined;
        return await Reflect.apply(found, target, parameters);
      };
    },
  });
}
