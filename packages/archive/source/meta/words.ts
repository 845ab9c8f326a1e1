// The words that LXC's templates have for what differs between hosts. lxc-local replaces them wherever they stand; here only whole
// words count, so that LXC_NAMESERVER stays what it is.
import type { MetaContext } from "./metadata.ts";

/** Never replaced: folders of the host have no place in a container. */
const hostWords = ["LXC_TEMPLATE_CONFIG", "LXC_HOOK_DIR"];

/** For what is about the host; in a file of the root, the root is "/". */
export function wordsOf(context: Pick<MetaContext, "name" | "metaDirectory" | "rootfs">): Record<string, string> {
  return { LXC_NAME: context.name, LXC_PATH: context.metaDirectory, LXC_ROOTFS: context.rootfs };
}

/** In bytes, as latin1. */
export function replaceWords(text: string, words: Readonly<Record<string, string>>): string {
  return text.replaceAll(/(?<![A-Za-z0-9_])LXC_[A-Z_]+(?![A-Za-z0-9_])/gu, (word) =>
    Object.hasOwn(words, word) ? (words[word] ?? word) : word,
  );
}

export function hostWordsIn(text: string): string[] {
  return hostWords.filter((word) => new RegExp(`(?<![A-Za-z0-9_])${word}(?![A-Za-z0-9_])`, "u").test(text));
}
