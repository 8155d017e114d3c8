"""What can go wrong, named by what happens next rather than by where it came from.

Every message is one sentence that an operator can act on; none of them ever holds a secret.
"""


class SyncError(Exception):
    """Base of everything the worker raises on purpose."""

    #: Seconds the other side asked us to wait, 0 when it did not say.
    retry_after: int = 0


class ConfigurationError(SyncError):
    """A setting is missing or wrong; trying again changes nothing until somebody corrects it."""


class ForbiddenTarget(ConfigurationError):
    """The address may not be contacted: scheme, private network, redirect."""


class WireError(ConfigurationError):
    """Our Odoo answered something this version of the worker doesn't understand."""


class AuthenticationError(SyncError):
    """Login or API key was refused."""


class MissingRight(SyncError):
    """The login is known but lacks an access right that it needs."""


class TransientError(SyncError):
    """It certainly did not happen (or was rolled back), and may work later."""

    def __init__(self, message: str, retry_after: int = 0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UnknownFate(SyncError):
    """Bytes left and no trustworthy answer came back: it may or may not have happened."""


class Refused(SyncError):
    """The other side understood and said no; the same request will be refused again."""


class PayloadError(SyncError):
    """A message's payload is damaged or not what its kind promises; it was not sent."""
