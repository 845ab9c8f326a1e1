// The order of an install: receive, find out for which container it is, stage.
import { parseInstanceConfig } from "@host-service/archive";
import type { InstanceConfig } from "@host-service/archive";
import type { Inbox, Uploads } from "@host-service/ingest";
import { checkIdentity } from "@host-service/signature";
import type { Policy } from "@host-service/signature";
import type { Slots } from "@host-service/slots";
import type { HandOvers } from "../hand-overs/hand-overs.ts";
import type { Operation } from "../operations/operation.ts";
import type { ImageSource } from "./receive.ts";
import { withImageParts } from "./receive.ts";
import { stageImage } from "./stage-image.ts";
import type { StageContext, Staged } from "./stage-image.ts";

export interface InstallContext extends StageContext {
  inbox: Inbox;
  uploads: Uploads;
  handOvers: HandOvers;
  /** Whose images are taken. */
  policy: Policy;
  /** For which container the image is, and its slots. Throws where it cannot be installed there now. */
  target: (config: InstanceConfig) => Promise<{ name: string; slots: Slots }>;
}

export function install(source: ImageSource, operation: Operation, context: InstallContext): Promise<Staged> {
  const { inbox, uploads, handOvers, policy } = context;
  return withImageParts(source, { inbox, uploads, handOvers, policy, operation }, async (parts) => {
    const config = parseInstanceConfig(parts.config.text);
    const { manifest, warning } = parts.statement;
    if (manifest !== undefined) checkIdentity(manifest, config);
    const { name, slots } = await context.target(config);
    const { bytesReclaimed } = await slots.checkInstall();
    const open = () => slots.stage();
    const staged = await stageImage({ name, parts, config, bytesReclaimed }, { open, operation, context });
    return warning === undefined ? staged : { ...staged, warnings: [warning, ...staged.warnings] };
  });
}
