"""``python -m franchise_sync`` is the same as the console script ``franchise-sync``."""

from franchise_sync.cli import main

if __name__ == "__main__":
    main()
