"""Where real history is fetched from: one file per provider, all of them through the polite client of `http`."""
