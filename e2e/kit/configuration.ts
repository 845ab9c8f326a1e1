// The configuration file of a device, from what a test wants to differ from the usual one.
export interface ConfigurationWishes {
  limits?: Record<string, string | number>;
  /** What a container may call. */
  allow?: Record<string, readonly string[]>;
  rebootDuringTrial?: "allow" | "refuse";
  /** The lines of [verify.container]; keys are named from the directory of the device. */
  verify?: readonly string[];
  /** The lines of [upgrade]. */
  upgrade?: readonly string[];
}

export interface Paths {
  socket: string;
  runDirectory: string;
  stateDirectory: string;
  /** Where the power commands of the device leave a word. */
  powerLog: string;
}

export function configurationText(paths: Paths, wishes: ConfigurationWishes): string {
  const note = (word: string) => JSON.stringify(["/bin/sh", "-c", `echo ${word} >>'${paths.powerLog}'`]);
  const limits = { reserve_bytes: 1024 * 1024, ...wishes.limits };
  return [
    `socket = ${JSON.stringify(paths.socket)}`,
    `run_dir = ${JSON.stringify(paths.runDirectory)}`,
    `state_dir = ${JSON.stringify(paths.stateDirectory)}`,
    "[power]",
    'driver = "command"',
    `reboot = ${note("reboot")}`,
    `suspend = ${note("suspend")}`,
    `reboot_during_trial = "${wishes.rebootDuringTrial ?? "allow"}"`,
    "[limits]",
    ...Object.entries(limits).map(([key, value]) => `${key} = ${JSON.stringify(value)}`),
    ...(wishes.verify === undefined ? [] : ["[verify.container]", ...wishes.verify]),
    ...(wishes.upgrade === undefined ? [] : ["[upgrade]", ...wishes.upgrade]),
    ...Object.entries(wishes.allow ?? {}).flatMap(([name, groups]) => [
      `[containers.${name}]`,
      `allow = ${JSON.stringify(groups)}`,
    ]),
    "",
  ].join("\n");
}
