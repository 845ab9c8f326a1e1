/** The unit of a container, of the template in packaging. A container's name has no character that systemd would escape. */
export function unitOf(name: string): string {
  return `host-service-container@${name}.service`;
}
