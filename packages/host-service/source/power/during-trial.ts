// Whether a reboot would roll something back that is on trial, of the host itself or of a container.
import type { ContainerStatus } from "@host-service/protocol";
import type { CallContext } from "../http/call.ts";
import { RequestError } from "../problems/request-error.ts";

type Known = Pick<CallContext, "configuration" | "containers" | "system">;

/** Throws "trial-running" where the caller or the host's policy does not want such a reboot. The trial of `except` is over anyhow. */
export async function refuseDuringTrial(
  wish: "allow" | "refuse",
  context: Known,
  { except }: { except?: string } = {},
): Promise<void> {
  const policy = context.configuration.power.rebootDuringTrial;
  if (wish === "allow" && policy === "allow") return;
  const [first] = (await atStake(context)).filter(({ status }) => status.name !== except);
  if (first === undefined) return;
  const { title, command, status } = first;
  const image = status.running?.version === undefined ? "its image" : `version ${status.running.version}`;
  const next =
    policy === "refuse"
      ? 'commit or roll back first, as power.reboot_during_trial is "refuse"'
      : `commit first (${command} commit), or reboot all the same`;
  throw new RequestError(
    "trial-running",
    `Cannot reboot the host: ${title} is on trial and the reboot would roll ${image} back; ${next}`,
  );
}

interface Trial {
  title: string;
  command: string;
  status: Pick<ContainerStatus, "name" | "running" | "state" | "bootsLeft">;
}

async function atStake({ containers, system }: Known): Promise<Trial[]> {
  const all: Trial[] = (await containers.statuses()).map((status) => ({
    title: JSON.stringify(status.name),
    command: "hostctl container",
    status,
  }));
  if (system.isConfigured) {
    all.unshift({ title: "the system", command: "hostctl system", status: await system.status() });
  }
  return all.filter(({ status }) => status.state === "trying" && status.bootsLeft === 0);
}
