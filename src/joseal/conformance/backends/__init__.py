"""The libraries that can be asked, joseal first. `registry` lists them."""
