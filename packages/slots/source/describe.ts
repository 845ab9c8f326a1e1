import { factoryImageId } from "./state.ts";
import type { SlotReference, Subject } from "./state.ts";

const digestShownLength = "sha256:".length + 12;

/** An image as a person knows it: by its version, else by the start of its id. */
export function describeImage(reference: SlotReference, subject: Subject): string {
  if (reference.imageId === factoryImageId) return "the factory image";
  const version = subject.manifestOf(reference)?.version;
  return version === undefined ? `image ${shortId(reference.imageId)}` : `version ${version}`;
}

export function shortId(imageId: string): string {
  return imageId.slice(0, digestShownLength);
}
