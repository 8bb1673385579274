"""The network under `Client`: requests of this API, over `joseal._http`."""
