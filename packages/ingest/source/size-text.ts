const units = ["KiB", "MiB", "GiB", "TiB", "PiB"];

/** `2.0 GiB (2147483648 bytes)`: for the eye, and exact. */
export function describeBytes(bytes: number): string {
  let value = bytes;
  let unit: string | undefined;
  for (const larger of units) {
    if (value < 1024) break;
    value /= 1024;
    unit = larger;
  }
  const exact = bytes === 1 ? "1 byte" : `${bytes} bytes`;
  return unit === undefined ? exact : `${value.toFixed(1)} ${unit} (${exact})`;
}
