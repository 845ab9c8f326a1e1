// What a person is told of a service: the record, and what is attached, read from the host's files. Neither needs a bus.
import { basename } from "node:path";
import type { StatusReport } from "@host-service/slots";
import { readAttached } from "../attachments/attached.ts";
import type { SlotImages } from "./slot-images.ts";

export interface ServiceStatus extends StatusReport {
  attached?: AttachedStatus;
  /** Whose listener attached it: "host", or a container's name. */
  owner?: string;
}

interface AttachedStatus {
  /** Its name in the slot; the path of an image that is not ours. */
  image: string;
  slot?: "a" | "b";
  profile?: string;
  units: string[];
}

export async function describeService(root: string, report: StatusReport, images: SlotImages): Promise<ServiceStatus> {
  const owner = await images.owner();
  const services = await readAttached(root);
  const found = services.find(({ service }) => service === report.name)?.images[0];
  const status: ServiceStatus = { ...report, ...(owner === undefined ? {} : { owner }) };
  if (found === undefined) return status;
  const { image, profile, units } = found;
  const slot = images.slotOf(image);
  const named = slot === undefined ? { image } : { image: basename(image), slot };
  return { ...status, attached: { ...named, ...(profile === undefined ? {} : { profile }), units } };
}
