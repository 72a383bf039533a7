"""Hosts to test a cluster on: isolated parts of this one machine, each reached by SSH.

Each has its own network address, processes, host name, home, /tmp, /dev/shm and /mnt; all else is
this machine's file system. /mnt/shared is one folder on all of them, in place of an NFS. Needs root
and Debian's iproute2, openssh-server and rsync.
"""

import os
import pwd
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
TOOLS = {"ip": "iproute2", "/usr/sbin/sshd": "openssh-server", "rsync": "rsync"}
NETWORK, BRIDGE = "10.213.77", "recsae-lan"
COVERED = ("/tmp", "/dev/shm", "/mnt")
BOOT_SECONDS = 10
SSHD = """\
ListenAddress {address}
HostKey {key}
AuthorizedKeysFile {key}.pub
PasswordAuthentication no
StrictModes no
UsePAM yes
PidFile none
MaxStartups 50:30:100
"""
PROFILE = "export PATH={bin}:$PATH\n{exports}"


@dataclass
class Host:
    """One host of a `lan`."""

    number: int
    folder: Path
    """Folder of the whole lan."""
    environment: dict[str, str]
    """Variables of every login."""
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """Host name, also of its network namespace and of its end of the cable."""
        return f"recsae{self.number}"

    @property
    def address(self) -> str:
        """IP address."""
        return f"{NETWORK}.{10 + self.number}"

    @property
    def key(self) -> Path:
        """Private key that root logs in with."""
        return self.folder / "key"

    @property
    def disk(self) -> Path:
        """What survives when the host is powered off: home/ above all."""
        return self.folder / self.name

    @property
    def home(self) -> Path:
        """The home of the host, seen from outside."""
        return self.disk / "home"

    def power_on(self) -> None:
        """Switch the host on unless it is on, and wait until it answers."""
        if self._process is not None:
            return
        self.home.mkdir(parents=True, exist_ok=True)
        exports = "".join(f"export {k}={shlex.quote(v)}\n" for k, v in self.environment.items())
        profile = PROFILE.format(bin=Path(sys.executable).parent, exports=exports)
        (self.home / ".profile").write_text(profile)
        (self.home / ".bashrc").touch()
        (self.disk / "sshd_config").write_text(SSHD.format(address=self.address, key=self.key))
        cable = f"{self.name}-lan"
        _run("ip", "netns", "add", self.name)
        mac = f"02:00:00:00:00:{self.number:02x}"  # the same again after a power-off
        end = ["peer", "name", "eth0", "address", mac, "netns", self.name]
        _run("ip", "link", "add", cable, "type", "veth", *end)
        _run("ip", "link", "set", cable, "master", BRIDGE, "up")
        _run("ip", "-n", self.name, "addr", "add", f"{self.address}/24", "dev", "eth0")
        for device in ("eth0", "lo"):
            _run("ip", "-n", self.name, "link", "set", device, "up")
        own = ["--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "--mount-proc"]
        boot = ["bash", str(HERE / "boot_host.sh"), str(self.disk), str(self.folder / "shared")]
        with (self.disk / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["ip", "netns", "exec", self.name, "unshare", *own, *boot, *_seen()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._await_answer()

    def run(self, command: str) -> str:
        """Run a command in a login shell; return what it prints."""
        quiet = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"]
        options = [word for option in (*quiet, "ConnectTimeout=5") for word in ("-o", option)]
        login = f"bash -lc {shlex.quote(command)}"
        return _run("ssh", "-i", str(self.key), *options, f"root@{self.address}", login)

    def cut(self) -> None:
        """Take the host off the network: nobody is told, packets are just lost."""
        _run("ip", "link", "set", f"{self.name}-lan", "down")

    def heal(self) -> None:
        """Put the host on the network again."""
        _run("ip", "link", "set", f"{self.name}-lan", "up")

    def power_off(self) -> None:
        """Let all its processes die at once, without a word to the others. Its disk stays."""
        if self._process is not None:
            self.cut()
            self._process.kill()  # and with it the first process of the host, and so all
            self._process.wait()
            self._process = None
        _forget(self.name)

    def _await_answer(self) -> None:
        deadline = time.monotonic() + BOOT_SECONDS
        while True:
            try:
                self.run("true")
                return
            except subprocess.CalledProcessError as error:
                if time.monotonic() > deadline:
                    log = (self.disk / "log").read_text()
                    raise RuntimeError(f"{self.name}: {error.stderr}\n{log}") from None
            time.sleep(0.1)


@contextmanager
def lan(count: int, environment: dict[str, str]) -> Iterator[list[Host]]:
    """Yield running hosts on one network, at whose other end this machine is; then remove all."""
    missing = [package for tool, package in TOOLS.items() if shutil.which(tool) is None]
    if missing or os.geteuid() != 0:
        raise RuntimeError(f"needs root, and Debian's {', '.join(missing or TOOLS.values())}")
    Path("/run/sshd").mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="recsae-lan.", dir="/var/tmp"))
    (folder / "shared").mkdir()
    _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "key"))
    hosts = [Host(number, folder, environment) for number in range(1, count + 1)]
    for name in [host.name for host in hosts]:
        _forget(name)
    try:
        subprocess.run(["ip", "link", "del", BRIDGE], capture_output=True)
        _run("ip", "link", "add", BRIDGE, "type", "bridge")
        _run("ip", "addr", "add", f"{NETWORK}.1/24", "dev", BRIDGE)
        _run("ip", "link", "set", BRIDGE, "up")
        for host in hosts:
            host.power_on()
        yield hosts
    finally:
        for host in hosts:
            host.power_off()
        subprocess.run(["ip", "link", "del", BRIDGE], capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def _seen() -> list[str]:
    """Return the folders of Python, recsae and its data that a host would not see otherwise."""
    needed = [sys.base_prefix, sys.prefix, str(REPOSITORY), os.environ.get("RECSAE_DATA_DIR", "")]
    # Whoever logs in has the home that the machine's accounts name, whatever HOME is here.
    covered = [Path(place) for place in (*COVERED, pwd.getpwuid(os.geteuid()).pw_dir)]
    folders = sorted({Path(folder).resolve() for folder in needed if folder})
    return [str(f) for f in folders if any(f.is_relative_to(place) for place in covered)]


def _forget(name: str) -> None:
    """Remove what is left of a host, also of an earlier test that was killed."""
    left = subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True).stdout
    for pid in left.split():
        subprocess.run(["kill", "-9", pid], capture_output=True)
    subprocess.run(["ip", "netns", "del", name], capture_output=True)
    subprocess.run(["ip", "link", "del", f"{name}-lan"], capture_output=True)


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise subprocess.CalledProcessError(
            done.returncode, command, output=done.stdout, stderr=done.stderr
        )
    return done.stdout
