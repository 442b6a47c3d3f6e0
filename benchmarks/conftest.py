"""What benchmarks share with the tests: where the real history is."""

from tests.conftest import market_folder

__all__ = ["market_folder"]
