// The order of an install: receive, find out for which container it is, stage.
import { parseInstanceConfig } from "@host-service/archive";
import type { InstanceConfig } from "@host-service/archive";
import type { Inbox } from "@host-service/ingest";
import type { Slots } from "@host-service/slots";
import type { Operation } from "../operations/operation.ts";
import type { ImageSource } from "./receive.ts";
import { withImageParts } from "./receive.ts";
import { stageImage } from "./stage-image.ts";
import type { StageContext, Staged } from "./stage-image.ts";

export interface InstallContext extends StageContext {
  inbox: Inbox;
  /** For which container the image is, and its slots. Throws where it cannot be installed there now. */
  target: (config: InstanceConfig) => Promise<{ name: string; slots: Slots }>;
}

export function install(source: ImageSource, operation: Operation, context: InstallContext): Promise<Staged> {
  return withImageParts(source, { inbox: context.inbox, operation }, async (parts) => {
    const config = parseInstanceConfig(parts.config.text);
    const { name, slots } = await context.target(config);
    const { bytesReclaimed } = await slots.checkInstall();
    return await stageImage({ name, parts, config, bytesReclaimed }, { open: () => slots.stage(), operation, context });
  });
}
