# Connects to the socket, hands over what the name says, prints "sent" and keeps the connection until its input ends.
import array, fcntl, os, socket, sys, tempfile

path, name, *rest = sys.argv[1:]
contents = b"some contents"


def memory(seals):
    fd = os.memfd_create("memory", os.MFD_ALLOW_SEALING if seals else 0)
    os.write(fd, contents)
    if seals:
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals)
    return fd


def file(flags):
    return os.open(rest[0], flags)


def pipe():
    return os.pipe()[0]


def unnamed():
    fd = os.open("/dev/shm", os.O_RDWR | os.O_TMPFILE, 0o600)
    os.write(fd, contents)
    return fd


made = {
    "file": lambda: [file(os.O_RDONLY)],
    "read-write": lambda: [file(os.O_RDWR)],
    "none": lambda: [],
    "two": lambda: [file(os.O_RDONLY), file(os.O_RDONLY)],
    "many": lambda: [file(os.O_RDONLY) for _ in range(253)],
    "path": lambda: [file(os.O_PATH)],
    "write-only": lambda: [file(os.O_WRONLY)],
    "directory": lambda: [os.open("/", os.O_RDONLY)],
    "directory-path": lambda: [os.open("/", os.O_PATH)],
    "device": lambda: [os.open("/dev/zero", os.O_RDONLY)],
    "pipe": lambda: [pipe()],
    "socket": lambda: [socket.socketpair()[0].detach()],
    "memfd": lambda: [memory(0)],
    "memfd-shrinks": lambda: [memory(fcntl.F_SEAL_WRITE)],
    "memfd-writable": lambda: [memory(fcntl.F_SEAL_SHRINK)],
    "memfd-sealed": lambda: [memory(fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_WRITE)],
    "unnamed": lambda: [unnamed()],
}

connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
connection.connect(path)
if name != "nothing":
    descriptors = made[name]()
    if name == "file":
        os.lseek(descriptors[0], 5, os.SEEK_SET)
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
    connection.sendmsg([b"f"], rights)
print("sent", flush=True)
if "READ_ANSWER" in os.environ:
    print(connection.makefile().readline(), end="", flush=True)
sys.stdin.read()
if name == "file" and "READ_ANSWER" not in os.environ:
    print(os.lseek(descriptors[0], 0, os.SEEK_CUR), flush=True)
