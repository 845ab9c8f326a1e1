// What a container is configured to be, as layers: its image's config.yaml below, what was set live on top. Everything that the guest sees is the
// layers merged; a key whose value is empty counts as unset, a device is replaced as a whole.

export type Configuration = Readonly<Record<string, string>>;
export type Properties = Readonly<Record<string, string>>;
export type Devices = Readonly<Record<string, Properties>>;

export interface Layer {
  /** With `volatile.*` and `image.*`. */
  config: Configuration;
  devices: Devices;
}

export function merge(layers: readonly Layer[]): Layer {
  const config: Record<string, string> = {};
  const devices: Record<string, Properties> = {};
  for (const layer of layers) {
    Object.assign(config, layer.config);
    Object.assign(devices, layer.devices);
  }
  return { config: nonEmpty(config), devices: sorted(devices) };
}

/** By the bytes of UTF-8, as both originals sort; JavaScript's own order is by UTF-16. */
export function byBytes(left: string, right: string): number {
  if (left === right) return 0;
  // The two orders differ only between surrogates and what is above them.
  if (high.test(left) && high.test(right)) return Buffer.compare(Buffer.from(left), Buffer.from(right));
  return left < right ? -1 : 1;
}

const high = /[\ud800-\uffff]/;

export function sorted<Value>(map: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(map).toSorted(([left], [right]) => byBytes(left, right)));
}

function nonEmpty(map: Configuration): Configuration {
  return sorted(Object.fromEntries(Object.entries(map).filter(([, value]) => value !== "")));
}
