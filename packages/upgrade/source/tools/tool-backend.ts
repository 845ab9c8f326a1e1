import type { SlotName } from "@host-service/slots";
import type { BootLoader } from "../boot-loader.ts";
import type { InstalledImage, Installer } from "../installer.ts";

/** A tool of the host that brings an image into a slot, and what decides which slot boots then. */
export interface ToolBackend<Request extends HandedImage, Image extends InstalledImage = InstalledImage> {
  readonly installer: Omit<Installer<Request>, "install"> & {
    install(...of: Parameters<Installer<Request>["install"]>): Promise<Image>;
  };
  readonly bootLoader: BootLoader;
}

/** What is known of an image before a tool gets it. Where the tool knows better, its word counts. */
export type HandedImage = Pick<InstalledImage, "imageId" | "name" | "version" | "signer">;

/** Something of each slot: its device, or what a tool calls it. */
export type BySlot = Readonly<Record<SlotName, string>>;
