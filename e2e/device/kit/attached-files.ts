// Every place that portabled writes to, in the form of the recorded cases: type, mode, path, and where a link leads.
import type { SystemdDevice } from "./device.ts";

const script = `
for place in /etc/systemd/system.attached /run/systemd/system.attached /etc/portables /run/portables; do
  [ -e "$place" ] || { echo "- absent $place"; continue; }
  find "$place" | sort | while read -r path; do
    if [ -L "$path" ]; then echo "l --- $path -> $(readlink "$path")"
    elif [ -d "$path" ]; then echo "d $(stat -c %a "$path") $path"
    else echo "f $(stat -c %a "$path") $path"; fi
  done
done`;

export async function attachedFiles(device: SystemdDevice): Promise<string[]> {
  return (await device.shell(script)).trimEnd().split("\n");
}

/** What systemd 252 and 257 leave when the attachment of one unit that lives until the next boot was made, as recorded. */
export function recordedFiles(image: string, baseName: string, profile: string): string[] {
  const attached = "/run/systemd/system.attached";
  return [
    "- absent /etc/systemd/system.attached",
    `d 755 ${attached}`,
    `f 644 ${attached}/minimal-test.service`,
    `d 755 ${attached}/minimal-test.service.d`,
    `l --- ${attached}/minimal-test.service.d/10-profile.conf -> /usr/lib/systemd/portable/profile/${profile}/service.conf`,
    `f 644 ${attached}/minimal-test.service.d/20-portable.conf`,
    "- absent /etc/portables",
    "d 755 /run/portables",
    `l --- /run/portables/${baseName} -> ${image}`,
  ];
}

export function recordedDropIn(
  image: string,
  baseName: string,
  root: "RootDirectory" | "RootImage",
  isNewer = false,
): string {
  const own = isNewer ? [] : ["BindReadOnlyPaths=/etc/os-release:/run/host/os-release"];
  const version = isNewer ? ["LogExtraFields=PORTABLE_NAME_AND_VERSION=minimal_1.0"] : [];
  return [
    `# Drop-in created for image '${image}', do not edit.`,
    "",
    "[Service]",
    `${root}=${image}`,
    `Environment=PORTABLE=${baseName}`,
    ...own,
    `LogExtraFields=PORTABLE=${baseName}`,
    ...version,
    "",
  ].join("\n");
}
