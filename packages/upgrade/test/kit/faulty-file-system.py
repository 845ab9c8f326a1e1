# A file system (FUSE, linux/fuse.h) of one file in memory, which is as faulty as it is told: argv is the mount point, its bytes, and a
# JSON object of offsets: "readError", "writeError" (EIO from there on), "flip" (a bit that reads differ in), "hang" (reads wait for ever).
# It ends, and with it the waiting, when its input ends.
import ctypes, errno, json, os, struct, sys, threading

point, size, faults = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
libc = ctypes.CDLL(None, use_errno=True)
device = os.open("/dev/fuse", os.O_RDWR)
options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other"
MS_NOSUID, MS_NODEV, MNT_DETACH = 2, 4, 2
if libc.mount(b"faulty", point.encode(), b"fuse", MS_NOSUID | MS_NODEV, options.encode()) != 0:
    sys.exit("Cannot mount: " + os.strerror(ctypes.get_errno()))
contents = bytearray(size)


def end():
    sys.stdin.read()
    libc.umount2(point.encode(), MNT_DETACH)
    os._exit(0)


def attributes(node):
    mode, length = (0o40755, 0) if node == 1 else (0o100644, size)
    return struct.pack("<6Q10I", node, length, length // 512, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def reaches(fault, end):
    return fault in faults and end > faults[fault]


def read(request):
    _, offset, count = struct.unpack_from("<QQI", request, 40)
    end = min(offset + count, size)
    if reaches("hang", end):
        return None, 0
    if reaches("readError", end):
        return b"", -errno.EIO
    answer = bytearray(contents[offset:end])
    if "flip" in faults and offset <= faults["flip"] < end:
        answer[faults["flip"] - offset] ^= 1
    return bytes(answer), 0


def write(request):
    _, offset, count = struct.unpack_from("<QQI", request, 40)
    if reaches("writeError", offset + count):
        return b"", -errno.EIO
    contents[offset : offset + count] = request[80 : 80 + count]
    return struct.pack("<2I", count, 0), 0


LOOKUP, FORGET, GETATTR, OPEN, READ, WRITE, RELEASE, FSYNC, FLUSH, INIT, OPENDIR, RELEASEDIR, INTERRUPT, BATCH_FORGET = (
    1, 2, 3, 14, 15, 16, 18, 20, 25, 26, 27, 29, 36, 42)
DIRECT_IO = 1

threading.Thread(target=end, daemon=True).start()
print("mounted", flush=True)
while True:
    try:
        request = os.read(device, 1 << 20)
    except OSError:
        # Unmounted; the other thread ends the program.
        threading.Event().wait()
    _, code, unique, node = struct.unpack_from("<IIQQ", request)
    if code in (FORGET, BATCH_FORGET, INTERRUPT):
        continue
    body, error = b"", 0
    if code == INIT:
        body = struct.pack("<4I2H2I2H8I", 7, 31, 65536, 0, 12, 10, 131072, 1, 0, 0, *([0] * 8))
    elif code == LOOKUP:
        body = struct.pack("<4Q2I", 2, 0, 0, 0, 0, 0) + attributes(2)
    elif code == GETATTR:
        body = struct.pack("<Q2I", 0, 0, 0) + attributes(node)
    elif code in (OPEN, OPENDIR):
        body = struct.pack("<Q2I", 1, DIRECT_IO if code == OPEN else 0, 0)
    elif code == READ:
        body, error = read(request)
    elif code == WRITE:
        body, error = write(request)
    elif code not in (RELEASE, RELEASEDIR, FSYNC, FLUSH):
        error = -errno.ENOSYS
    if body is not None:
        os.write(device, struct.pack("<IiQ", 16 + len(body), error, unique) + body)
