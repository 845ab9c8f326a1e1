export { rules } from "./rules.ts";
export { readTree, type Rule, type Tree } from "./tree.ts";
