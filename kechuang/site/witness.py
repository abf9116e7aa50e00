"""`kechuang witness`: keep the checkpoints of somebody else's record, on another machine.

No database, no Django. It signs a checkpoint only where it is shown that the log only grew.
"""

import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Annotated

import typer

from kechuang.base.refusals import N_, Refused

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

app = typer.Typer(
    help="见证人 / a witness of another installation's record.", no_args_is_help=True
)
LONGEST = 131_072
KEY_DIGITS = 64
PRIVATE_MODE = 0o600
Key = Annotated[Path, typer.Option(help="本见证人的私钥文件 / this witness's private key")]
Name = Annotated[str, typer.Option(help="本见证人的名称，不含空格 / this witness's name")]


class WitnessKeyRefused(Refused):
    """A key cannot be read or made."""


@app.command("new-key")
def new_key(name: Name, key: Key) -> None:
    """造钥 / make a private key, and print the public one for the record's list of witnesses."""
    if key.exists():
        raise WitnessKeyRefused(
            "witness.key_there", N_("{file} 已存在，不会覆盖。"), {"file": str(key)}
        )
    handle = os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE)
    with os.fdopen(handle, "w") as file:
        file.write(os.urandom(32).hex())
    typer.echo(_told(name, key))


@app.command("key")
def show_key(name: Name, key: Key) -> None:
    """公钥 / print this witness's public key."""
    typer.echo(_told(name, key))


@app.command("serve")
def serve(
    name: Name,
    key: Key,
    log: Annotated[str, typer.Option(help="日志公钥 / the record's key: kechuang record key")],
    kept: Annotated[Path, typer.Option(help="存检查点的目录 / a folder for the checkpoints")],
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8090,
    host: Annotated[str, typer.Option()] = "127.0.0.1",
) -> None:
    """见证 / answer POST /add-checkpoint (C2SP tlog-witness) and keep every checkpoint signed."""
    server = server_of((host, port), name, key, log, kept)
    typer.echo(f"http://{host}:{server.server_address[1]}/add-checkpoint")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


def server_of(
    address: tuple[str, int], name: str, key: Path, log: str, kept: Path
) -> ThreadingHTTPServer:
    """A server that answers for one log; `kept` is a folder of notes, one for each size."""
    from kechuang.engines.transparency.checkpoints import cosign, read, verifier_from
    from kechuang.engines.transparency.witnessing import answer

    private, verifier, lock = _private(key), verifier_from(log), Lock()
    kept.mkdir(parents=True, exist_ok=True)

    def answered(asked: str) -> tuple[int, str]:
        with lock:
            last = _latest(kept)
            found = answer(asked, verifier, None if last is None else read(last))
            if found.checkpoint is None:
                return found.status, found.text
            note = asked.partition("\n\n")[2]
            line = cosign(note, name, private, int(time.time()))
            path = kept / f"checkpoint-{found.checkpoint.size}.txt"
            beside = path.with_suffix(".part")
            beside.write_text(note + line, "utf-8")
            beside.replace(path)
            return found.status, line

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if self.path != "/add-checkpoint" or not length.isdigit() or int(length) > LONGEST:
                self.send_error(404)
                return
            try:
                status, text = answered(self.rfile.read(int(length)).decode("utf-8"))
            except UnicodeDecodeError:
                status, text = 400, "not text\n"
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Nothing is written of who asked."""

    return ThreadingHTTPServer(address, Handler)


def _latest(kept: Path) -> str | None:
    """The note of the largest size that this witness signed."""
    sizes = [int(one.stem.removeprefix("checkpoint-")) for one in kept.glob("checkpoint-*.txt")]
    return (kept / f"checkpoint-{max(sizes)}.txt").read_text("utf-8") if sizes else None


def _private(key: Path) -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        text = key.read_text("ascii").strip()
        if len(text) != KEY_DIGITS:
            raise ValueError("64 hexadecimal digits")
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text))
    except (OSError, ValueError) as error:
        raise WitnessKeyRefused(
            "witness.key", N_("读不了私钥 {file}：{why}"), {"file": str(key), "why": str(error)}
        ) from error


def _told(name: str, key: Path) -> str:
    from kechuang.engines.transparency.checkpoints import COSIGNED, Verifier

    return Verifier(name, _private(key).public_key().public_bytes_raw(), COSIGNED).text()
