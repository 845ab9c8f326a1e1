// Template files of Incus images are in Pongo2's dialect. Plain output of a few variables is what images need on a host of one
// container; a tag, a filter or anything else is refused by name, since to leave it in the text would be a wrong file.
import { refuseTemplate } from "./refusal.ts";

export interface Variables {
  /** Of the container. */
  name: string;
  /** The file that is made, as the container sees it. */
  path: string;
  properties: Readonly<Record<string, string>>;
}

/** `text` and the answer are bytes, as latin1. */
export function render(text: string, template: string, variables: Variables): string {
  const stray = /\{%[^%]{0,60}(?:%\}|)|\{#/u.exec(text)?.[0];
  if (stray !== undefined) {
    const shown = stray === "{#" ? "the comment {# … #}" : `tag ${stray.endsWith("%}") ? stray : `${stray}…`}`;
    throw refuseTemplate(template, `${shown.replaceAll(/\s+/gu, " ")} is not supported`);
  }
  const rendered = text.replaceAll(/\{\{(.*?)\}\}/gsu, (_, expression: string) =>
    toBytes(valueOf(expression.trim(), template, variables)),
  );
  return rendered;
}

function valueOf(expression: string, template: string, { name, path, properties }: Variables): string {
  switch (expression) {
    case "container.name":
    case "instance.name":
      return name;
    case "path":
      return path;
    case "trigger":
      return "create";
    default: {
      const [, map, key] = /^(properties|config)\.([A-Za-z0-9_.-]+)$/u.exec(expression) ?? [];
      // What Pongo2 does not find is nothing, too.
      if (map === "config") return "";
      if (map === "properties" && key !== undefined)
        return Object.hasOwn(properties, key) ? (properties[key] ?? "") : "";
      const what = expression.includes("|") ? "the filter in" : "the variable";
      throw refuseTemplate(template, `${what} {{ ${expression.slice(0, 60)} }} is not supported`);
    }
  }
}

function toBytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
