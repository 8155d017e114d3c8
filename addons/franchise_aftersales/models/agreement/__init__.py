from . import cause, agreement, agreement_version, liability
