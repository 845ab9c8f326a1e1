import { PackagingError } from "./error.ts";
import { runTool } from "./run-tool.ts";

/**
 * Every time in the package, in seconds since 1970: the same sources have to become the same bytes. Where SOURCE_DATE_EPOCH
 * (reproducible-builds.org) does not say, it is the time of the last commit.
 */
export async function sourceDate(
  root: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const given = environment["SOURCE_DATE_EPOCH"];
  const text =
    given ?? (await runTool(["git", "log", "-1", "--format=%ct"], { what: "date the package", cwd: root })).trim();
  if (/^\d{1,11}$/.test(text)) return Number(text);
  throw new PackagingError(`Cannot date the package: SOURCE_DATE_EPOCH is "${text}"; it has to be seconds since 1970`);
}
