import { joined, paxRecord } from "@host-service/fixtures";
import { expect, test } from "bun:test";
import fc from "fast-check";
import { ArchiveError } from "../../source/error.ts";
import { paxRecords, readGlobalPax, readPax } from "../../source/tar/pax.ts";

const key = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => /^[\u0021-\u003c\u003e-\u007e]+$/u.test(text));

test("paxRecords gives back every record, whatever bytes its value has", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(key, fc.uint8Array({ maxLength: 300 })), { maxLength: 8 }), (records) => {
      const body = joined(...records.map(([name, value]) => paxRecord(name, value)));
      const read = [...paxRecords(body, "entry")].map((record) => [record.key, [...record.value]]);
      expect(read).toEqual(records.map(([name, value]) => [name, [...value]]));
    }),
  );
});

test("paxRecords reads any bytes to their end or refuses them, and does nothing else", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
      try {
        const bytes = [...paxRecords(body, "entry")].reduce((total, record) => total + record.value.byteLength, 0);
        expect(bytes).toBeLessThanOrEqual(body.byteLength);
      } catch (error) {
        if (!(error instanceof ArchiveError)) throw error;
        expect({ kind: error.kind, entry: error.entry }).toEqual({ kind: "corrupt", entry: "entry" });
      }
    }),
  );
});

test("readPax takes what is kept, byte for byte, and leaves the rest", () => {
  const capability = Uint8Array.of(1, 0, 0, 2, 0, 0x20, 0, 0xc0, 0xff, 0x0a, 0x3d, 0);
  const body = joined(
    paxRecord("path", "caf\u00c3\u00a9-\u00ff"),
    paxRecord("linkpath", "target"),
    paxRecord("size", "8589934592"),
    paxRecord("uid", "4000000000"),
    paxRecord("gid", "7"),
    paxRecord("mtime", "1.000000001"),
    paxRecord("atime", "2"),
    paxRecord("comment", "nothing"),
    paxRecord("SCHILY.xattr.security.capability", capability),
    paxRecord("SCHILY.xattr.user.a%3Db%25", "odd key"),
    paxRecord("LIBARCHIVE.xattr.user.caf%C3%A9", Buffer.from("from bsdtar").toString("base64")),
    paxRecord("SCHILY.acl.access", "user::rwx"),
  );
  expect(readPax(body, "entry")).toEqual({
    path: "caf\u00c3\u00a9-\u00ff",
    linkPath: "target",
    bytes: 8_589_934_592,
    uid: 4_000_000_000,
    gid: 7,
    mtime: 1_000_000_001n,
    xattrs: new Map<string, Uint8Array>([
      ["security.capability", capability],
      ["user.a=b%", new Uint8Array(Buffer.from("odd key"))],
      ["user.caf\u00c3\u00a9", Buffer.from("from bsdtar")],
    ]),
    aclTexts: new Map([["SCHILY.acl.access", "user::rwx"]]),
  });
});

test("readGlobalPax keeps defaults for owner and time", () => {
  expect(readGlobalPax(joined(paxRecord("uid", "5"), paxRecord("comment", "x")), "header")).toEqual({
    uid: 5,
    xattrs: new Map(),
    aclTexts: new Map(),
  });
});
