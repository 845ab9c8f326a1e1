# A file system (FUSE, linux/fuse.h) whose every name is a file of 1 MiB, which can be found and opened; whoever reads or closes it waits for ever.
# It ends, and with it the waiting, when its input ends.
import ctypes, os, struct, sys, threading

point = sys.argv[1]
libc = ctypes.CDLL(None, use_errno=True)
device = os.open("/dev/fuse", os.O_RDWR)
options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other"
MS_NOSUID, MS_NODEV, MNT_DETACH = 2, 4, 2
if libc.mount(b"hanging", point.encode(), b"fuse", MS_NOSUID | MS_NODEV, options.encode()) != 0:
    sys.exit("Cannot mount: " + os.strerror(ctypes.get_errno()))


def end():
    sys.stdin.read()
    libc.umount2(point.encode(), MNT_DETACH)
    os._exit(0)


def attributes(node):
    mode, size = (0o40755, 0) if node == 1 else (0o100644, 1 << 20)
    return struct.pack("<6Q10I", node, size, size // 512, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


LOOKUP, FORGET, GETATTR, OPEN, READ, RELEASE, FLUSH, INIT, OPENDIR, RELEASEDIR, INTERRUPT, BATCH_FORGET = (
    1, 2, 3, 14, 15, 18, 25, 26, 27, 29, 36, 42)
ENOSYS = 38

threading.Thread(target=end, daemon=True).start()
print("mounted", flush=True)
nodes = 1
while True:
    request = os.read(device, 1 << 20)
    _, code, unique, node = struct.unpack_from("<IIQQ", request)
    if code in (READ, FLUSH, FORGET, BATCH_FORGET, INTERRUPT):
        continue
    body, error = b"", 0
    if code == INIT:
        body = struct.pack("<4I2H2I2H8I", 7, 31, 65536, 0, 12, 10, 65536, 1, 0, 0, *([0] * 8))
    elif code == LOOKUP:
        # Another file each time: who opens one that is being read waits as well.
        nodes += 1
        body = struct.pack("<4Q2I", nodes, 0, 0, 0, 0, 0) + attributes(nodes)
    elif code == GETATTR:
        body = struct.pack("<Q2I", 0, 0, 0) + attributes(node)
    elif code in (OPEN, OPENDIR):
        body = struct.pack("<Q2I", 1, 0, 0)
    elif code not in (RELEASE, RELEASEDIR):
        error = -ENOSYS
    os.write(device, struct.pack("<IiQ", 16 + len(body), error, unique) + body)
