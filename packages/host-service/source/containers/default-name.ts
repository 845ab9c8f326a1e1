/** The container's name where neither the caller nor the image says one. */
export const defaultName = "edge";
