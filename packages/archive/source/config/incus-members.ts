// Members of an exported Incus instance that say something about the Incus server and nothing about the container here.
// Empty ones are passed over; others are refused, as ignoring them would promise what nobody keeps.

const serverState = "it is state of the Incus server, not of an image; remove it";

const reasons: Record<string, { why: string; emptyAs?: unknown }> = {
  profiles: { why: "profiles live on an Incus server; write their config and devices into this file" },
  ephemeral: { why: "a container here outlives its stop; remove it" },
  stateful: { why: "memory is never part of an image; remove it" },
  expanded_config: {
    why: "it repeats config with the profiles merged; export without --expanded, or move it to config",
  },
  expanded_devices: {
    why: "it repeats devices with the profiles merged; export without --expanded, or move it to devices",
  },
  source: { why: "the image comes with the install; remove it" },
  instance_type: { why: "cloud sizes are not known here; use limits.cpu and limits.memory" },
  restore: { why: "snapshots are not supported; remove it" },
  snapshots: { why: "snapshots are not supported; remove it" },
  backups: { why: "backups of an Incus server are not part of an image; remove it" },
  pool: { why: "storage pools live on an Incus server; remove it" },
  volume: { why: 'volumes of an Incus server are not part of an image; use a disk device with source "volume:NAME"' },
  container: { why: "it is a backup's backup.yaml; move what is under it to the top" },
  instance: { why: "it is a backup's backup.yaml; move what is under it to the top" },
  state: { why: serverState },
  status: { why: serverState },
  status_code: { why: serverState },
  created_at: { why: serverState, emptyAs: "0001-01-01T00:00:00Z" },
  last_used_at: { why: serverState, emptyAs: "0001-01-01T00:00:00Z" },
  location: { why: serverState, emptyAs: "none" },
  project: { why: serverState, emptyAs: "default" },
};

/** The document without Incus's own members, or what is wrong with one of them. */
export function withoutIncusMembers(document: Record<string, unknown>): {
  rest: Record<string, unknown>;
  problem?: string;
} {
  const rest: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(document)) {
    const known = Object.hasOwn(reasons, key) ? reasons[key] : undefined;
    if (known === undefined) Object.defineProperty(rest, key, { value, enumerable: true });
    else if (!isEmpty(value) && value !== known.emptyAs) {
      return { rest, problem: `${JSON.stringify(key)} of an Incus instance has no meaning here: ${known.why}` };
    }
  }
  return { rest };
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === false || value === 0) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
