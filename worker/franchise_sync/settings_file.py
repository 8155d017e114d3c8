"""Settings from a TOML file: the same names as the variables, in lower case and without their prefix.

Keys are never in it: such a file is shown, copied and versioned. It names files that hold them, as the
environment can.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from franchise_sync.errors import ConfigurationError

VARIABLE = "FRANCHISE_SYNC_CONFIG"
SIZE = 256 * 1024


class FileSource(PydanticBaseSettingsSource):
    """What the file says; nothing when no file is named."""

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        super().__init__(settings_cls)
        name = os.environ.get(VARIABLE, "")
        self._values = read_file(Path(name), settings_cls) if name else {}

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return self._values.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        return dict(self._values)


def read_file(path: Path, settings_cls: type[BaseSettings]) -> dict[str, Any]:
    """:return: values by the name of their setting
    :raise ConfigurationError: with a sentence for each mistake: it can't be read, isn't TOML, has an unknown
        name or a secret
    """
    try:
        with path.open("rb") as file:
            text = file.read(SIZE + 1)
        if len(text) > SIZE:
            raise ConfigurationError(f"The file {path} of {VARIABLE} has more than {SIZE // 1024} KiB.")
        values = tomllib.loads(text.decode("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"The file {path} of {VARIABLE} can't be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"The file {path} of {VARIABLE} is no TOML: {error}.") from None
    mistakes = [
        sentence for name, value in values.items() if (sentence := _mistake(path, name, value, settings_cls))
    ]
    if mistakes:
        raise ConfigurationError(" ".join(mistakes))
    return values


def _mistake(path: Path, name: str, value: Any, settings_cls: type[BaseSettings]) -> str:
    field = settings_cls.model_fields.get(name)
    if field is None:
        return f"{path}: {name} is no setting (names are in lower case, without FRANCHISE_SYNC_)."
    if isinstance(field.default, SecretStr):
        if name.endswith("_api_key"):
            return f"{path}: {name} doesn't belong into this file; name a file that holds it as {name}_file."
        if isinstance(value, str) and urlsplit(value).password:
            return (
                f"{path}: {name} has a password in it, which doesn't belong into this file; "
                f"set FRANCHISE_SYNC_{name.upper()}."
            )
    return ""
