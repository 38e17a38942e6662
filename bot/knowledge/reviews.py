"""Sign-offs: who answers for which text. A sign-off is an SSH signature over the text's digest."""

import subprocess
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

from bot.knowledge.sources import YamlFile
from bot.knowledge.topics import ContentError, Problem

NAMESPACE = "helpline-review"  # ssh-keygen's namespace: the signature is good for nothing else


@dataclass(frozen=True)
class SignOff:
    """`signer` vouches for the text of this digest, in this language, since `signed`."""

    topic: str
    language: str
    digest: str
    signer: str
    signed: date
    signature: str

    @property
    def statement(self) -> bytes:
        """What is signed: every field that a reader relies on."""
        fields = (self.topic, self.language, self.digest, self.signer, self.signed.isoformat())
        return ("\n".join(fields) + "\n").encode()


def read_sign_offs(root: Path) -> tuple[tuple[SignOff, ...], tuple[Problem, ...]]:
    """The sign-offs of reviews.yml whose signatures hold against allowed_signers, and what is wrong
    with the others.

    A sign-off that cannot be checked counts as none; it does not keep the answers from being read.
    Raises ContentError where the file itself cannot be read.
    """
    file = YamlFile(root / "reviews.yml", root)
    sign_offs = []
    problems: list[Problem] = []
    for entry in file.data.get("sign_offs") or ():
        try:
            sign_off = SignOff(**entry)
            sign_off.signed.isoformat()
            holds = _holds(sign_off, root / "allowed_signers")
        except (TypeError, AttributeError) as error:
            problems.append(
                file.problem("sign_offs", f"malformed entry: {error}", "Use 'helpline review sign'")
            )
        except ContentError as error:
            problems += error.problems
        else:
            if holds:
                sign_offs.append(sign_off)
            else:
                problems.append(
                    file.problem(
                        "sign_offs",
                        f"the signature of {sign_off.signer} on {sign_off.topic} "
                        f"({sign_off.language}) does not hold",
                        "Remove the entry and sign again",
                    )
                )
    return tuple(sign_offs), tuple(dict.fromkeys(problems))


def _holds(sign_off: SignOff, allowed_signers: Path) -> bool:
    if not allowed_signers.exists():
        return False
    with tempfile.NamedTemporaryFile("w", suffix=".sig") as signature:
        signature.write(sign_off.signature)
        signature.flush()
        checked = _ssh_keygen(
            ["verify", "-f", str(allowed_signers), "-I", sign_off.signer, "-s", signature.name],
            sign_off.statement,
        )
    return checked.returncode == 0


def _ssh_keygen(arguments: list[str], statement: bytes) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["ssh-keygen", "-Y", *arguments, "-n", NAMESPACE],
            input=statement,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as error:
        problem = Problem(
            "reviews.yml", 1, "sign-offs need ssh-keygen", "Install the package openssh-client"
        )
        raise ContentError([problem]) from error


def sign(root: Path, unsigned: SignOff, key: Path) -> SignOff:
    """Sign with the SSH key file and add the entry to reviews.yml.

    Raises ContentError when ssh-keygen refuses the key or the signer is not in allowed_signers.
    """
    made = _ssh_keygen(["sign", "-f", str(key)], unsigned.statement)
    if made.returncode != 0:
        raise ContentError(
            [
                Problem(
                    "reviews.yml",
                    1,
                    "the key could not sign",
                    f"ssh-keygen says: {made.stderr.decode().strip()}",
                )
            ]
        )
    signed = SignOff(**{**unsigned.__dict__, "signature": made.stdout.decode()})
    if not _holds(signed, root / "allowed_signers"):
        raise ContentError(
            [
                Problem(
                    "allowed_signers",
                    1,
                    f"'{signed.signer}' with this key is not an allowed signer",
                    f'Add a line: {signed.signer} namespaces="{NAMESPACE}" <public key>',
                )
            ]
        )
    path = root / "reviews.yml"
    data = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    data.setdefault("sign_offs", [])
    data["sign_offs"] = [
        entry
        for entry in data["sign_offs"] or []
        if (entry["topic"], entry["language"], entry["signer"])
        != (signed.topic, signed.language, signed.signer)
    ] + [dict(signed.__dict__)]
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return signed
