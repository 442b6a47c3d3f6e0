"""What we believe about markets: signals and allocators, one idea per file, found by `engine.blocks.load`."""
