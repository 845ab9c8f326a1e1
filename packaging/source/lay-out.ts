// Where each file of the package goes.
import { chmod, constants, copyFile, mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { changelogOf, copyrightOf } from "./documents.ts";
import type { PackageOptions } from "./package-options.ts";
import { runTool } from "./run-tool.ts";

const library = "usr/lib/host-service";
/** Bound into containers as it is: so the one copy of the program lies here, and everything else is a link to it. */
const program = `${library}/container/lib/hostctl`;
const documents = "usr/share/doc/host-service";

/** By shell: where it looks for the completions of what is installed. */
const completions = {
  bash: "usr/share/bash-completion/completions/hostctl",
  zsh: "usr/share/zsh/vendor-completions/_hostctl",
  fish: "usr/share/fish/vendor_completions.d/hostctl.fish",
} as const;

export async function layOut(tree: string, options: PackageOptions): Promise<void> {
  const { root, target, version, sourceDate } = options;
  const dist = path.join(root, "dist", target ?? "");
  const own = path.join(root, "packaging");
  const put = (from: string, to: string, mode = 0o644) => putFile(from, path.join(tree, to), mode);
  const write = (to: string, contents: string | Uint8Array) => putText(contents, path.join(tree, to));

  await put(path.join(dist, "hostctl"), program, 0o755);
  await put(path.join(dist, "hostctl-launcher"), `${library}/container/hostctl`, 0o755);
  for (const name of ["host-service", "host-service-boot"]) await link(tree, `${library}/${name}`);
  for (const name of ["hostctl", "host-service", "host-service-boot"]) await link(tree, `usr/bin/${name}`);

  for (const unit of await readdir(path.join(own, "units"))) {
    await put(path.join(own, "units", unit), `usr/lib/systemd/system/${unit}`);
  }
  await put(path.join(own, "etc/host-service.tmpfiles.conf"), "usr/lib/tmpfiles.d/host-service.conf");
  await put(path.join(own, "etc/host-service.sysusers.conf"), `${documents}/examples/host-service.sysusers.conf`);
  await put(path.join(own, "etc/config.toml"), "etc/host-service/config.toml");
  await mkdir(path.join(tree, "etc/host-service/keys"));

  // Of this machine's program, whatever machine the package is for.
  const hostctl = path.join(root, "dist/hostctl");
  for (const [shell, file] of Object.entries(completions)) {
    await write(file, await runTool([hostctl, "completion", shell], { what: "make the completions" }));
  }

  await put(path.join(root, "README.md"), `${documents}/README.md`);
  await put(path.join(own, "deb/lintian-overrides"), "usr/share/lintian/overrides/host-service");
  await write(`${documents}/copyright`, await copyrightOf(root));
  const changelog = changelogOf(version, sourceDate);
  await write(`${documents}/changelog.gz`, gzipSync(changelog, { level: 9 }));
}

async function link(tree: string, name: string): Promise<void> {
  const file = path.join(tree, name);
  await mkdir(path.dirname(file), { recursive: true });
  await symlink(path.relative(path.dirname(name), program), file);
}

async function putFile(from: string, to: string, mode: number): Promise<void> {
  await mkdir(path.dirname(to), { recursive: true });
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  await chmod(to, mode);
}

async function putText(contents: string | Uint8Array, to: string): Promise<void> {
  await mkdir(path.dirname(to), { recursive: true });
  await writeFile(to, contents);
  await chmod(to, 0o644);
}
