"""Port to suppliers' systems: one class each, found by entry point."""
