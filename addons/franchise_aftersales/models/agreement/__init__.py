from . import cause, agreement, agreement_version, liability
from . import agreement_version_sync
