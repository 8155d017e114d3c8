"""What the contract of connectors is tried on: each module here has ``SUBJECTS``, ways to a working connector."""
