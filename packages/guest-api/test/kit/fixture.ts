// The container that the recordings assume (golden/golden-instance.yaml), with its sockets in a directory of the test.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Gate, Guest } from "../../source/index.ts";
import type { Flavour, GateLimits, Image, Layer, Membership } from "../../source/index.ts";

interface GoldenInstance {
  name: string;
  config: Record<string, string>;
  devices: Layer["devices"];
  profile_default: Layer;
  flavours: Record<Flavour, Record<string, string>>;
  images: Record<"unified" | "split", { fingerprint: string }>;
}

const golden = join(import.meta.dir, "..", "golden");
export const instance = Bun.YAML.parse(readFileSync(join(golden, "golden-instance.yaml"), "utf8")) as GoldenInstance;

/** The profile below, the instance's own entries on top. */
export function layersOf(flavour: Flavour): Layer[] {
  const config = Object.fromEntries(
    Object.entries(instance.config).map(([key, value]) => [key, instance.flavours[flavour][key] ?? value]),
  );
  return [
    { config: { ...instance.profile_default.config }, devices: { ...instance.profile_default.devices } },
    { config, devices: { ...instance.devices } },
  ];
}

export interface Changes {
  config?: Record<string, string>;
  devices?: Layer["devices"];
  without?: readonly string[];
}

export class Fixture {
  readonly flavour: Flavour;
  readonly directory: string;
  readonly path: string;
  readonly guest: Guest;
  readonly gate: Gate;
  readonly failures: unknown[] = [];
  readonly readied: string[] = [];
  images: Image[] = [];
  layers: Layer[];

  constructor(
    flavour: Flavour,
    options: { membership?: Membership; limits?: Partial<GateLimits>; layers?: Layer[] } = {},
  ) {
    this.flavour = flavour;
    this.directory = mkdtempSync(join(tmpdir(), "ga-"));
    this.path = join(this.directory, "sock");
    this.layers = options.layers ?? layersOf(flavour);
    this.guest = new Guest({
      name: instance.name,
      layers: this.layers,
      onReady: (name) => void this.readied.push(name),
    });
    this.gate = new Gate({
      guest: this.guest,
      flavour,
      membership: () => options.membership ?? { kind: "host-root" },
      images: () => this.images,
      location: instance.flavours.incus["location"] ?? "",
      privateDirectory: this.directory,
      ...(options.limits === undefined ? {} : { limits: options.limits }),
      onFailure: (error) => void this.failures.push(error),
    });
    this.gate.listen(this.path);
  }

  /** One update of the container's own entries, or of its profile's. A key that is set to the empty text is unset; a device without properties removed. */
  set(changes: Changes, layer: 0 | 1 = 1): void {
    this.layers = this.layers.map((old, index) => {
      if (index !== layer) return old;
      const devices = { ...old.devices, ...changes.devices };
      for (const name of changes.without ?? []) delete devices[name];
      return { config: { ...old.config, ...changes.config }, devices };
    });
    this.guest.update(this.layers);
  }

  /** Files of the recorded sizes; what is in them does not matter, but for the fingerprint. */
  offer(kind: "unified" | "split", options: { isPublic: boolean; bytes?: number }): Image {
    const write = (name: string, extension: string, bytes: number) => {
      const path = join(this.directory, `${name}.${extension}`);
      writeFileSync(path, Buffer.alloc(bytes, `${name} of an image, `));
      return { path, extension };
    };
    const { fingerprint } = instance.images[kind];
    const { isPublic, bytes = 1_032_542 } = options;
    const files =
      kind === "unified"
        ? ({ kind, image: write("image", "tar.gz", bytes) } as const)
        : ({ kind, metadata: write("meta", "tar.gz", 481), rootfs: write("rootfs", "squashfs", 1_040_384) } as const);
    const image = { fingerprint, files, isPublic };
    this.images.push(image);
    return image;
  }

  /** As the daemon publishes it: who may is not decided by the file's mode. */
  openToAll(): void {
    chmodSync(this.directory, 0o755);
    chmodSync(this.path, 0o666);
  }

  stop(): void {
    this.gate.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export function sha256(...parts: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}
