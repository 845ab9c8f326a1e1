// `host-service` as a command: the daemon, the boot hook, `seed` and `check-config`. Each is loaded when it is asked for, so
// that the hook never loads the server.
import { readArguments } from "./arguments.ts";
import { print } from "./print.ts";

export interface Program {
  /** The argv that starts this program again. */
  program: readonly string[];
}

const usage = `host-service is the daemon that updates containers and their host.

Usage:
  host-service [--config FILE] [--boot-id ID]         run the daemon
  host-service boot [--config FILE] [--boot-id ID]    resolve the records of this boot, before any container starts
  host-service seed [--config FILE] [--name NAME] CONFIG_YAML ROOTFS [META]
                                                      make the first, committed image while a host's image is built
  host-service check-config [--config FILE]           check the configuration file
  host-service doctor [--config FILE] [--json]        examine this host, without the daemon; see hostctl doctor
  host-service container-files [DIRECTORY]            copy this host's loader and libraries to where containers find
                                                      them; default: beside the program
  host-service container run NAME                     become the runtime of a container; for its unit
  host-service container halt NAME                    end it in order; for its unit
  host-service container ended NAME                   note how it ended; for its unit
  host-service container start-all                    start the containers that are started with the host

Options:
  --config FILE    default /etc/host-service/config.toml; without that file, the defaults
  --boot-id ID     instead of the kernel's, for demonstrations and tests
  --name NAME      the container that is seeded; default: the name in config.yaml, else edge
  --json           print the report of the doctor as JSON
  --version        print the version
  --help           print this text

Exit codes: 0 done, 1 failed, 2 wrong usage.`;

/** The exit code. What a person reads goes to standard output, what a log keeps to standard error. */
export async function runHostService(argv: readonly string[], { program }: Program): Promise<number> {
  let parsed;
  try {
    parsed = readArguments(argv);
  } catch (error) {
    return wrongUsage(error instanceof Error ? error.message : String(error));
  }
  const { values, asked } = parsed;
  if (asked.has("help")) return show(usage);
  if (asked.has("version")) return show(`host-service ${(await import("./version.ts")).version}`);
  const [command, ...operands] = parsed.operands;
  if (asked.has("json") && command !== "doctor") return wrongUsage(`${command ?? "the daemon"} takes no --json`);
  if (command === "container-files" && operands.length < 2 && Object.keys(values).length === 0) {
    return (await import("./commands/container-files.ts")).containerFiles({ directory: operands[0], program });
  }
  const shared = { configPath: values.config, bootId: values["boot-id"] };
  if (command === "container") return await containerCommand(operands, { ...shared, program, name: values.name });
  if (command !== "seed" && (operands.length > 0 || values.name !== undefined)) {
    return wrongUsage(`${command ?? "the daemon"} takes no ${operands.length > 0 ? `"${operands[0]}"` : "--name"}`);
  }
  switch (command) {
    case undefined:
      return (await import("./commands/serve.ts")).serve({ ...shared, program });
    case "boot":
      return (await import("./commands/boot.ts")).boot(shared);
    case "seed":
      return (await import("./commands/seed.ts")).seed({ ...shared, name: values.name, files: operands, program });
    case "check-config":
      return (await import("./commands/check-config.ts")).checkConfig(shared);
    case "doctor":
      return (await import("./commands/doctor.ts")).doctor({ ...shared, program, json: asked.has("json") });
    default:
      return wrongUsage(`there is no command "${command}"`);
  }
}

async function containerCommand(
  [verb, name, ...others]: readonly string[],
  options: Program & { configPath: string | undefined; bootId: string | undefined; name: string | undefined },
): Promise<number> {
  if (options.name !== undefined) return wrongUsage("container takes its name without --name");
  const isForAll = verb === "start-all";
  if (others.length > 0 || (name === undefined) !== isForAll) {
    return wrongUsage(isForAll ? "container start-all takes no name" : "container takes what to do and one name");
  }
  const { configPath, bootId, program } = options;
  switch (verb ?? "") {
    case "run":
      return (await import("./commands/container/run.ts")).runContainer({
        configPath,
        bootId,
        program,
        name: name ?? "",
      });
    case "halt":
      return (await import("./commands/container/halt.ts")).haltContainer({ configPath, name: name ?? "" });
    case "ended":
      return (await import("./commands/container/ended.ts")).containerEnded({ configPath, name: name ?? "" });
    case "start-all":
      return (await import("./commands/container/start-all.ts")).startAll({ configPath, bootId });
    default:
      return wrongUsage(`there is no command "container ${verb ?? ""}"`);
  }
}

function show(text: string): number {
  print(text);
  return 0;
}

function wrongUsage(why: string): number {
  print(`Cannot run host-service: ${why}; see host-service --help`);
  return 2;
}
