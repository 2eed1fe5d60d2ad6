"""Encrypts secrets at rest with a key kept outside the database; knows nothing of models or messages."""

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from odoo.tools import config

KEY_VARIABLE = "MES_SECRET_KEY"
KEY_FILE_VARIABLE = "MES_SECRET_KEY_FILE"
DEFAULT_KEY_FILE = "mes_secret.key"


class SecretUnreadable(Exception):
    """The stored secret was encrypted with a key this server does not have."""


def encrypt(secret: str) -> str:
    """Return ``secret`` encrypted with the first configured key."""
    return _cipher().encrypt(secret.encode()).decode()


def decrypt(token: str) -> str:
    """Return the secret of ``token``.

    :raises SecretUnreadable: none of the configured keys fits
    """
    try:
        return _cipher().decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise SecretUnreadable from error


def _cipher() -> MultiFernet:
    """Several keys, one per line, make rotation possible: the first encrypts, all decrypt."""
    keys = os.environ.get(KEY_VARIABLE) or _key_file().read_text()
    return MultiFernet([Fernet(key) for key in keys.split()])


def _key_file() -> Path:
    """The configured key file, or one in the data directory, made on first use for this server only."""
    configured = os.environ.get(KEY_FILE_VARIABLE)
    if configured:
        return Path(configured)
    path = Path(config["data_dir"], DEFAULT_KEY_FILE)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(Fernet.generate_key())
    return path
