/** A metadata archive has templates and a few lines of text; more than this is not one. */
export const metaLimits = { entriesMax: 256, unpackedBytesMax: 8 * 1024 * 1024 };
